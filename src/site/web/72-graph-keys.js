// Moving in the graph by keyboard, and what is lit when a node is chosen.

function nearLines(graph, node) {
  const edges = (graph.ups.get(node) || []).concat(graph.downs.get(node) || []);
  const nodes = new Set([node]);
  for (const edge of edges) { nodes.add(edge.a); nodes.add(edge.b); }
  return { nodes, edges };
}

function allLines(graph, node) {
  const nodes = new Set([node]), edges = [];
  for (const [side, end] of [[graph.ups, "a"], [graph.downs, "b"]]) {
    const seen = new Set([node]), queue = [node];
    while (queue.length) for (const edge of side.get(queue.pop()) || []) {
      edges.push(edge);
      nodes.add(edge[end]);
      if (!seen.has(edge[end])) { seen.add(edge[end]); queue.push(edge[end]); }
    }
  }
  return { nodes, edges };
}

// As allLines, but along one column's lines.
function rowLines(graph, node, row) {
  const nodes = new Set([node]), rows = new Set([node.key + ":" + row]), edges = [];
  for (const [side, end, own, other] of [[graph.ups, "a", "rb", "ra"], [graph.downs, "b", "ra", "rb"]]) {
    const queue = [[node, row]];
    while (queue.length) {
      const [at, r] = queue.pop();
      for (const edge of side.get(at) || []) {
        if (edge[own] !== r) continue;
        edges.push(edge);
        nodes.add(edge[end]);
        const key = edge[end].key + ":" + edge[other];
        if (!rows.has(key)) { rows.add(key); queue.push([edge[end], edge[other]]); }
      }
    }
  }
  return { nodes, edges, rows };
}

function graphKeys(graph, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const middle = [graph.width / 2, graph.height / 2];
  const keys = {
    ArrowRight: () => walkTo(graph, nearestOf(graph, graph.downs, "b")),
    ArrowLeft: () => walkTo(graph, nearestOf(graph, graph.ups, "a")),
    ArrowDown: () => stepRow(graph, 1),
    ArrowUp: () => stepRow(graph, -1),
    "+": () => zoomAt(graph, ...middle, 1.3),
    "=": () => zoomAt(graph, ...middle, 1.3),
    "-": () => zoomAt(graph, ...middle, 1 / 1.3),
    0: () => fitGraph(graph),
    f: () => graph.chosen && graph.on.focus(graph.chosen),
    Enter: () => graph.chosen && graph.on.open(graph.chosen, graph.chosenRow ? graph.chosenRow.r : null),
    Escape: () => pick(graph, null),
    Home: () => walkTo(graph, firstNode(graph)),
  };
  const action = keys[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

function firstNode(graph) {
  const focus = graph.scene.focus >= 0 ? graph.scene.nodes.find((node) => node.n === graph.scene.focus) : null;
  return focus || graph.scene.nodes.reduce((best, node) => (!best || node.layer < best.layer || (node.layer === best.layer && node.y < best.y) ? node : best), null);
}

function nearestOf(graph, side, end) {
  if (!graph.chosen) return firstNode(graph);
  const others = (side.get(graph.chosen) || []).map((edge) => edge[end]);
  return others.reduce((best, node) => (!best || Math.abs(node.y - graph.chosen.y) < Math.abs(best.y - graph.chosen.y) ? node : best), null);
}

// Up and down: through the columns of a box first, then to the next box of the layer.
function stepRow(graph, step) {
  const node = graph.chosen;
  if (!node) return walkTo(graph, firstNode(graph));
  if (node.rows && node.rows.length) {
    const r = graph.chosenRow ? graph.chosenRow.r + step : step > 0 ? 0 : -2;
    if (r >= 0 && r < node.rows.length) { pick(graph, node, r); return bring(graph, node); }
    if (r === -1) { pick(graph, node); return bring(graph, node); }
  }
  const layer = graph.layers.get(node.layer);
  const next = layer[layer.indexOf(node) + step];
  if (next) walkTo(graph, next);
}

function walkTo(graph, node) {
  if (!node) return;
  pick(graph, node);
  bring(graph, node);
}
