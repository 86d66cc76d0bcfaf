// Drawing the graph on a canvas, with as much detail as the zoom allows.

// Scales at which boxes get text, and below which they are dots with the names of folders over them.
const TEXT_FROM = 0.42;
const DOTS_BELOW = 0.16;
// From this number on, only lines to or from what is in sight are drawn.
const MANY_LINES = 4000;
// Lines drawn while the picture moves; all of them are drawn when it rests.
const MOVING_LINES = 1500;

/** Draws the graph; `moving` leaves out what takes long. */
function drawGraph(graph, moving) {
  const { context: c, camera, scene, colours } = graph;
  const ratio = graph.ratio;
  c.setTransform(ratio, 0, 0, ratio, 0, 0);
  c.fillStyle = colours.page;
  c.fillRect(0, 0, graph.width, graph.height);
  c.setTransform(ratio * camera.k, 0, 0, ratio * camera.k, ratio * camera.x, ratio * camera.y);
  const seen = { left: -camera.x / camera.k, top: -camera.y / camera.k, right: (graph.width - camera.x) / camera.k, bottom: (graph.height - camera.y) / camera.k };
  drawLines(graph, seen, moving);
  const dots = camera.k < DOTS_BELOW;
  for (const node of scene.nodes) {
    if (node.x + node.w < seen.left || node.x > seen.right || node.y + node.h / 2 < seen.top || node.y - node.h / 2 > seen.bottom) continue;
    if (dots) drawDot(graph, node);
    else drawBox(graph, node);
  }
  c.globalAlpha = 1;
  if (dots) drawFolderNames(graph, moving);
  if (graph.chosen && dots) drawBox(graph, graph.chosen);
}

function drawLines(graph, seen, moving) {
  const { context: c, camera, scene, colours, lit } = graph;
  c.lineWidth = Math.max(1, 1 / camera.k);
  const few = scene.edges.length <= MOVING_LINES, many = scene.edges.length > MANY_LINES;
  // Of many lines, those far out would only be a grey cloud: they show from where boxes can be told apart.
  if (few || (!moving && !(many && camera.k < TEXT_FROM / 2))) {
    c.strokeStyle = colours["line-strong"];
    c.globalAlpha = lit && !lit.soft ? 0.13 : many ? 0.22 : camera.k < DOTS_BELOW ? 0.25 : 0.55;
    c.beginPath();
    for (const edge of scene.edges) if (many ? within(edge.a, seen) || within(edge.b, seen) : crosses(edge, seen)) trace(c, edge, camera.k < DOTS_BELOW);
    c.stroke();
  }
  if (lit) {
    c.strokeStyle = colours.accent;
    c.globalAlpha = 0.9;
    c.lineWidth = Math.max(1.5, 1.2 / camera.k);
    c.beginPath();
    for (const edge of lit.edges) if (crosses(edge, seen)) trace(c, edge, false);
    c.stroke();
  }
  c.globalAlpha = 1;
}

function crosses(edge, seen) {
  return edge.b.x >= seen.left && edge.a.x <= seen.right && Math.max(edge.a.y, edge.b.y) + 400 >= seen.top && Math.min(edge.a.y, edge.b.y) - 400 <= seen.bottom;
}

function within(node, seen) {
  return node.x + node.w >= seen.left && node.x <= seen.right && node.y + node.h >= seen.top && node.y - node.h <= seen.bottom;
}

/** Where a line leaves or enters a box: at its middle, or at the row of a column. */
function portY(node, row) {
  return row == null ? node.y : node.y - node.h / 2 + BOX.h + (row + 0.5) * BOX.row;
}

function trace(c, edge, straight) {
  let x = edge.a.x + edge.a.w, y = portY(edge.a, edge.ra);
  c.moveTo(x, y);
  const points = edge.points || [];
  for (let i = 0; i <= points.length; i += 2) {
    const last = i === points.length;
    const nextX = last ? edge.b.x : points[i], nextY = last ? portY(edge.b, edge.rb) : points[i + 1];
    if (straight || nextY === y) c.lineTo(nextX, nextY);
    else {
      const bend = Math.max(18, Math.abs(nextX - x) / 2);
      c.bezierCurveTo(x + bend, y, nextX - bend, nextY, nextX, nextY);
    }
    x = nextX;
    y = nextY;
  }
}

function drawDot(graph, node) {
  const { context: c, camera, lit } = graph;
  const least = 2.2 / camera.k;
  c.globalAlpha = lit && !lit.soft && !lit.nodes.has(node) ? 0.25 : 0.9;
  c.fillStyle = node.colour;
  c.fillRect(node.x, node.y - node.h / 2, Math.max(node.w * 0.8, least), Math.max(node.h * 0.8, least));
}

function drawBox(graph, node) {
  const { context: c, camera, colours, lit } = graph;
  const top = node.y - node.h / 2, on = graph.chosen === node || graph.hovered === node;
  c.globalAlpha = lit && !lit.soft && !lit.nodes.has(node) ? 0.32 : 1;
  c.fillStyle = on ? colours["accent-soft"] : colours.raised;
  c.strokeStyle = on ? colours.accent : colours.line;
  c.lineWidth = on ? Math.max(1.5, 2 / camera.k) : Math.max(1, 0.8 / camera.k);
  c.beginPath();
  c.roundRect(node.x, top, node.w, node.h, 7);
  c.fill();
  c.stroke();
  c.fillStyle = node.colour;
  c.beginPath();
  c.roundRect(node.x, top, 5, node.h, [7, 0, 0, 7]);
  c.fill();
  if (camera.k < TEXT_FROM) {
    // A bar in place of the text, so that the box keeps its weight.
    c.fillRect(node.x + 14, top + BOX.h / 2 - 3, Math.min(node.w - 28, node.title.length * 6), 6);
    return;
  }
  c.textBaseline = "middle";
  c.fillStyle = colours.text;
  c.font = graph.fonts.title;
  const middle = node.rows ? top + BOX.h / 2 : node.sub ? top + 15 : node.y;
  c.fillText(fitText(graph, plain(node.title), node.w - 26), node.x + 15, middle + 0.5);
  if (node.sub) {
    c.fillStyle = colours.quiet;
    c.font = graph.fonts.sub;
    c.fillText(fitText(graph, plain(node.sub), node.w - 26), node.x + 15, top + 31);
  }
  if (node.rows) drawRows(graph, node, top);
}

function drawRows(graph, node, top) {
  const { context: c, colours } = graph;
  c.strokeStyle = colours.line;
  c.beginPath();
  c.moveTo(node.x + 5, top + BOX.h);
  c.lineTo(node.x + node.w, top + BOX.h);
  c.stroke();
  c.font = graph.fonts.sub;
  node.rows.forEach((row, r) => {
    const y = top + BOX.h + (r + 0.5) * BOX.row;
    if (graph.chosenRow && graph.chosenRow.node === node && graph.chosenRow.r === r) {
      c.fillStyle = colours["accent-soft"];
      c.fillRect(node.x + 6, y - BOX.row / 2 + 1, node.w - 7, BOX.row - 2);
    }
    c.fillStyle = !graph.lit || !graph.lit.rows || graph.lit.rows.has(node.key + ":" + r) ? colours.text : colours.quiet;
    c.fillText(fitText(graph, plain(row.name) + (row.label ? "  " + plain(row.label) : ""), node.w - 26), node.x + 15, y + 0.5);
  });
  if (node.more > 0) {
    c.fillStyle = colours.quiet;
    c.fillText("+" + number(node.more), node.x + 15, top + BOX.h + (node.rows.length + 0.5) * BOX.row);
  }
}

/** The text cut to a width in the current font; remembered. */
function fitText(graph, text, width) {
  const { context: c, cuts } = graph;
  const key = c.font + width + text;
  let fitted = cuts.get(key);
  if (fitted !== undefined) return fitted;
  fitted = text;
  if (text.length * 13 > width && c.measureText(text.slice(0, 400)).width > width) {
    let low = 0, high = Math.min(text.length, 400);
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (c.measureText(text.slice(0, middle) + "…").width <= width) low = middle;
      else high = middle - 1;
    }
    fitted = text.slice(0, low) + "…";
  }
  if (cuts.size > 20000) cuts.clear();
  cuts.set(key, fitted);
  return fitted;
}

// Names of folders over the dots, the biggest first, where there is room.
function drawFolderNames(graph, moving) {
  const { context: c, camera, colours } = graph;
  if (moving && graph.folderNames.length > 400) return;
  c.setTransform(graph.ratio, 0, 0, graph.ratio, 0, 0);
  c.font = graph.fonts.folder;
  c.textBaseline = "middle";
  const taken = [];
  for (const folder of graph.folderNames) {
    const x = folder.x * camera.k + camera.x, y = folder.y * camera.k + camera.y;
    if (x < 0 || y < 0 || x > graph.width || y > graph.height) continue;
    const width = c.measureText(folder.text).width + 16;
    const box = { left: x - width / 2, right: x + width / 2, top: y - 12, bottom: y + 12 };
    if (taken.some((other) => box.left < other.right && box.right > other.left && box.top < other.bottom && box.bottom > other.top)) continue;
    taken.push(box);
    c.globalAlpha = 0.92;
    c.fillStyle = colours.page;
    c.strokeStyle = colours.line;
    c.lineWidth = 1;
    c.beginPath();
    c.roundRect(box.left, box.top, width, 24, 7);
    c.fill();
    c.stroke();
    c.fillStyle = colours.text;
    c.fillText(folder.text, box.left + 8, y + 0.5);
    if (taken.length > 60) break;
  }
  c.globalAlpha = 1;
  c.setTransform(graph.ratio * camera.k, 0, 0, graph.ratio * camera.k, graph.ratio * camera.x, graph.ratio * camera.y);
}
