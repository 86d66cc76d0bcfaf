// The graph's camera and hands: pan, zoom, pinch, hover, choose, and the keyboard.

const ZOOM = { least: 0.01, most: 2.5 };

/** A graph on a canvas; `on` has choose(node, row), open(node, row), focus(node). */
function makeGraph(canvas, on) {
  const context = canvas.getContext("2d", { alpha: false });
  const family = getComputedStyle(document.body).fontFamily;
  const graph = {
    canvas, context, on, scene: { nodes: [], edges: [] }, camera: { x: 0, y: 0, k: 1 }, width: 0, height: 0, ratio: 1, colours: pageColours(), cuts: new Map(),
    fonts: { title: "500 12.5px " + family, sub: "11.5px " + family, folder: "600 12px " + family },
    chosen: null, chosenRow: null, hovered: null, lit: null, folderNames: [], waiting: 0, rest: 0, pointers: new Map(), grid: null,
  };
  const resize = new ResizeObserver(() => measure(graph));
  resize.observe(canvas);
  const retheme = () => { graph.colours = pageColours(); on.retheme(); paint(graph); };
  themeListeners.add(retheme);
  canvas.addEventListener("wheel", (e) => wheel(graph, e), { passive: false });
  canvas.addEventListener("pointerdown", (e) => press(graph, e));
  canvas.addEventListener("pointermove", (e) => drag(graph, e));
  for (const kind of ["pointerup", "pointercancel"]) canvas.addEventListener(kind, (e) => release(graph, e));
  canvas.addEventListener("pointerleave", () => hover(graph, null));
  canvas.addEventListener("dblclick", (e) => { const hit = hitAt(graph, e.offsetX, e.offsetY); if (hit) on.open(hit.node, hit.row); });
  canvas.addEventListener("keydown", (e) => graphKeys(graph, e));
  graph.stop = () => { resize.disconnect(); themeListeners.delete(retheme); cancelAnimationFrame(graph.waiting); clearTimeout(graph.rest); };
  return graph;
}

function measure(graph) {
  const { canvas } = graph;
  const first = !graph.width;
  graph.width = canvas.clientWidth;
  graph.height = canvas.clientHeight;
  graph.ratio = Math.min(devicePixelRatio || 1, 2);
  canvas.width = Math.round(graph.width * graph.ratio);
  canvas.height = Math.round(graph.height * graph.ratio);
  if (first) fitGraph(graph);
  paint(graph, true);
}

/** Puts a scene in place of the last one, and shows all of it. */
function setScene(graph, scene) {
  graph.scene = scene;
  graph.chosen = graph.hovered = graph.chosenRow = graph.lit = null;
  graph.ups = new Map();
  graph.downs = new Map();
  for (const edge of scene.edges) {
    if (!graph.ups.has(edge.b)) graph.ups.set(edge.b, []);
    if (!graph.downs.has(edge.a)) graph.downs.set(edge.a, []);
    graph.ups.get(edge.b).push(edge);
    graph.downs.get(edge.a).push(edge);
  }
  graph.folderNames = folderPlaces(scene.nodes);
  const layers = new Map();
  for (const node of scene.nodes) { if (!layers.has(node.layer)) layers.set(node.layer, []); layers.get(node.layer).push(node); }
  for (const layer of layers.values()) layer.sort((a, b) => a.y - b.y || a.x - b.x);
  graph.layers = layers;
  graph.bounds = boundsOf(scene);
  if (graph.width) fitGraph(graph);
}

function boundsOf({ nodes, edges }) {
  const bounds = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (const node of nodes) {
    bounds.left = Math.min(bounds.left, node.x);
    bounds.right = Math.max(bounds.right, node.x + node.w);
    bounds.top = Math.min(bounds.top, node.y - node.h / 2);
    bounds.bottom = Math.max(bounds.bottom, node.y + node.h / 2);
  }
  // Lines may pass above and below all boxes.
  for (const { points } of edges) for (let i = 1; points && i < points.length; i += 2) {
    bounds.top = Math.min(bounds.top, points[i]);
    bounds.bottom = Math.max(bounds.bottom, points[i]);
  }
  return nodes.length ? bounds : { left: 0, top: 0, right: 1, bottom: 1 };
}

// Where the names of folders stand over the dots of a big graph.
function folderPlaces(nodes) {
  if (nodes.length < 200) return [];
  const at = new Map(nodes.map((node) => [node.n, node]));
  return Array.from(groupByFolder(nodes.filter((node) => node.n >= 0).map((node) => node.n), 24), ([folder, inside]) => {
    // The median, for a few parts far away should not pull a name off its folder.
    const middle = (key) => inside.map((n) => at.get(n)[key]).sort((a, b) => a - b)[inside.length >> 1];
    return { text: plain(folder.split("/").slice(-2).join("/")) + "  " + number(inside.length), x: middle("x"), y: middle("y"), count: inside.length };
  }).sort((a, b) => b.count - a.count);
}

function fitGraph(graph) {
  const { bounds: b, camera } = graph;
  if (!b) return;
  fitBeside(graph, 0);
  // What covers the lower left corner is avoided only where something would lie under it.
  const cover = graph.on.cover();
  const covered = (node) => node.x * camera.k + camera.x < cover.width + 16 && (node.y + node.h / 2) * camera.k + camera.y > graph.height - cover.height - 16;
  if (cover.width && graph.scene.nodes.some(covered)) fitBeside(graph, cover.width);
  paint(graph);
}

function fitBeside(graph, left) {
  const { bounds: b, camera } = graph;
  const margin = 36;
  camera.k = Math.max(ZOOM.least, Math.min(1.1, (graph.width - left - margin * 2) / (b.right - b.left), (graph.height - margin * 2) / (b.bottom - b.top)));
  camera.x = (graph.width + left) / 2 - (camera.k * (b.left + b.right)) / 2;
  camera.y = graph.height / 2 - (camera.k * (b.top + b.bottom)) / 2;
}

/** Draws soon; quickly at first, and fully once the picture rests. */
function paint(graph, now) {
  clearTimeout(graph.rest);
  if (now) { drawGraph(graph, false); return; }
  if (!graph.waiting) graph.waiting = requestAnimationFrame(() => { graph.waiting = 0; drawGraph(graph, true); });
  if (graph.scene.edges.length > MOVING_LINES || graph.folderNames.length > 400) graph.rest = setTimeout(() => drawGraph(graph, false), 110);
}

function zoomAt(graph, x, y, factor) {
  const { camera } = graph;
  const k = Math.max(ZOOM.least, Math.min(ZOOM.most, camera.k * factor));
  camera.x = x - ((x - camera.x) * k) / camera.k;
  camera.y = y - ((y - camera.y) * k) / camera.k;
  camera.k = k;
  paint(graph);
}

/** Brings a node into view, near enough to be read; nearer still if it is asked for. */
function bring(graph, node, centre) {
  const { camera } = graph;
  const x = node.x + node.w / 2;
  if (camera.k < TEXT_FROM) { camera.k = 0.8; centre = true; }
  const sx = x * camera.k + camera.x, sy = node.y * camera.k + camera.y;
  if (centre || sx < 110 || sy < 50 || sx > graph.width - 110 || sy > graph.height - 50) {
    camera.x = graph.width / 2 - x * camera.k;
    camera.y = graph.height / 2 - node.y * camera.k;
  }
  paint(graph);
}

function wheel(graph, event) {
  event.preventDefault();
  const scale = event.deltaMode === 1 ? 16 : 1;
  if (event.shiftKey) { graph.camera.x -= (event.deltaX || event.deltaY) * scale; return paint(graph); }
  zoomAt(graph, event.offsetX, event.offsetY, Math.exp(-event.deltaY * scale * (event.ctrlKey ? 0.012 : 0.0018)));
}

function press(graph, event) {
  if (event.button > 0) return;
  graph.canvas.setPointerCapture(event.pointerId);
  graph.pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
  graph.moved = 0;
}

function drag(graph, event) {
  const last = graph.pointers.get(event.pointerId);
  if (!last) {
    const hit = hitAt(graph, event.offsetX, event.offsetY);
    return hover(graph, hit ? hit.node : null, event);
  }
  const others = Array.from(graph.pointers).filter(([id]) => id !== event.pointerId).map(([, point]) => point);
  const dx = event.offsetX - last.x, dy = event.offsetY - last.y;
  graph.moved += Math.abs(dx) + Math.abs(dy);
  if (others.length) {
    const before = Math.hypot(last.x - others[0].x, last.y - others[0].y), after = Math.hypot(event.offsetX - others[0].x, event.offsetY - others[0].y);
    if (before > 0) zoomAt(graph, (event.offsetX + others[0].x) / 2, (event.offsetY + others[0].y) / 2, after / before);
  } else if (graph.moved > 3) {
    graph.camera.x += dx;
    graph.camera.y += dy;
    paint(graph);
  }
  graph.pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY });
}

function release(graph, event) {
  if (!graph.pointers.delete(event.pointerId) || graph.moved > 5 || event.type === "pointercancel") return;
  const hit = hitAt(graph, event.offsetX, event.offsetY);
  pick(graph, hit ? hit.node : null, hit ? hit.row : null);
}

/** The node under a place of the canvas, and the row of its columns. */
function hitAt(graph, sx, sy) {
  const { camera, scene } = graph;
  const x = (sx - camera.x) / camera.k, y = (sy - camera.y) / camera.k, slack = Math.max(0, 4 / camera.k - 4);
  for (let i = scene.nodes.length - 1; i >= 0; i--) {
    const node = scene.nodes[i];
    if (x < node.x - slack || x > node.x + node.w + slack || y < node.y - node.h / 2 - slack || y > node.y + node.h / 2 + slack) continue;
    const r = node.rows ? Math.floor((y - (node.y - node.h / 2) - BOX.h) / BOX.row) : -1;
    return { node, row: r >= 0 && node.rows && r < node.rows.length ? r : null };
  }
  return null;
}

function hover(graph, node, event) {
  graph.on.hover(node, event);
  if (graph.hovered === node) return;
  graph.hovered = node;
  graph.canvas.style.cursor = node ? "pointer" : "grab";
  if (!graph.chosen) graph.lit = node ? { ...nearLines(graph, node), soft: true } : null;
  paint(graph);
}

/** Chooses a node, or none: everything it comes from and leads to is lit. */
function pick(graph, node, row) {
  graph.chosen = node;
  graph.chosenRow = node && row != null ? { node, r: row } : null;
  graph.lit = !node ? null : graph.chosenRow ? rowLines(graph, node, row) : allLines(graph, node);
  graph.on.choose(node, row);
  paint(graph);
}
