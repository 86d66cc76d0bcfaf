// Layout in layers for the parts that are shown: order by medians, then places that respect the order and keep lines short.

const LAYER_GAP = 60;
const NODE_GAP = 12;
// Lines that pass a layer side by side are a bundle.
const BEND_GAP = 3;
// Bends of long lines that are laid out like nodes, so that lines don't run through boxes; beyond this lines are straight.
const BEND_LIMIT = 6000;

/** Gives every node of the scene `layer`, if they are not ranked, `x`, `y` (its middle) and every edge its `points`. Edges that would go back are left out of the order. */
function layOut(nodes, edges, isRanked) {
  if (!isRanked) rank(nodes, edges);
  const items = nodes.map((node, i) => ({ layer: node.layer, h: node.h, hint: node.hint || 0, ups: [], downs: [], i }));
  const chains = bends(nodes, edges, items);
  const layers = [];
  for (const item of items) (layers[item.layer] = layers[item.layer] || []).push(item);
  for (let i = 0; i < layers.length; i++) layers[i] = layers[i] || [];
  order(layers);
  place(layers);
  let x = 0;
  for (const layer of layers) {
    const width = Math.max(0, ...layer.filter((item) => item.i >= 0).map((item) => nodes[item.i].w));
    for (const item of layer) {
      item.x = x;
      item.width = width;
      if (item.i >= 0) { nodes[item.i].x = x; nodes[item.i].y = item.y; }
    }
    x += width + LAYER_GAP;
  }
  edges.forEach((edge, e) => {
    edge.points = (chains[e] || []).flatMap((item) => [item.x, item.y, item.x + item.width, item.y]);
  });
}

/** Gives every node of the scene its `layer`. */
function rank(nodes, edges) {
  nodes.forEach((node, i) => { node.at = i; });
  const { ups, downs } = links(nodes, edges);
  rankNodes(nodes, ups, downs);
}

function links(nodes, edges) {
  const ups = nodes.map(() => []), downs = nodes.map(() => []);
  for (const edge of edges) {
    if (edge.a.at === edge.b.at) continue;
    ups[edge.b.at].push(edge.a.at);
    downs[edge.a.at].push(edge.b.at);
  }
  return { ups, downs };
}

// Longest path from the beginning; what has no parents moves close to what reads it. Nodes on a cycle get what is left.
function rankNodes(nodes, ups, downs) {
  const waiting = ups.map((list) => list.length);
  const ready = nodes.filter((node) => !waiting[node.at]).map((node) => node.at);
  for (const node of nodes) node.layer = 0;
  for (let k = 0; k < ready.length; k++) {
    const at = ready[k];
    for (const next of downs[at]) {
      nodes[next].layer = Math.max(nodes[next].layer, nodes[at].layer + 1);
      if (--waiting[next] === 0) ready.push(next);
    }
  }
  for (const node of nodes) {
    if (ups[node.at].length || !downs[node.at].length) continue;
    node.layer = Math.max(0, Math.min(...downs[node.at].map((next) => nodes[next].layer)) - 1);
  }
}

function bends(nodes, edges, items) {
  let count = 0;
  for (const edge of edges) count += Math.max(0, edge.b.layer - edge.a.layer - 1);
  return edges.map((edge) => {
    const from = items[edge.a.at], to = items[edge.b.at];
    if (to.layer <= from.layer) return null;
    if (count > BEND_LIMIT || to.layer === from.layer + 1) { join(from, to); return null; }
    const chain = [];
    let last = from;
    for (let layer = from.layer + 1; layer < to.layer; layer++) {
      const bend = { layer, h: 4, hint: from.hint + ((to.hint - from.hint) * (layer - from.layer)) / (to.layer - from.layer), ups: [], downs: [], i: -1 };
      items.push(bend);
      chain.push(bend);
      join(last, bend);
      last = bend;
    }
    join(last, to);
    return chain;
  });
}

function join(a, b) {
  a.downs.push(b);
  b.ups.push(a);
}

function order(layers) {
  for (const layer of layers) layer.sort((a, b) => a.hint - b.hint).forEach((item, i) => { item.order = i; });
  for (let sweep = 0; sweep < 8; sweep++) {
    const down = sweep % 2 === 0;
    for (let k = 0; k < layers.length; k++) {
      const layer = layers[down ? k : layers.length - 1 - k];
      for (const item of layer) {
        const near = down ? item.ups : item.downs;
        item.wish = near.length ? near.reduce((sum, other) => sum + other.order / (layers[other.layer].length || 1), 0) / near.length * layer.length : item.order;
      }
      layer.sort((a, b) => a.wish - b.wish || a.order - b.order).forEach((item, i) => { item.order = i; });
    }
  }
}

function place(layers) {
  for (const layer of layers) {
    let y = 0;
    layer.forEach((item, i) => { if (i) y += gap(layer[i - 1], item); item.y = y + item.h / 2; y += item.h; });
    for (const item of layer) item.y -= y / 2;
  }
  for (let round = 0; round < 10; round++) {
    for (let k = 0; k < layers.length; k++) {
      const layer = layers[round % 2 ? layers.length - 1 - k : k];
      settle(layer, layer.map((item) => {
        const near = item.ups.concat(item.downs);
        return near.length ? near.reduce((sum, other) => sum + other.y, 0) / near.length : item.y;
      }));
    }
  }
}

function gap(above, below) {
  return above.i < 0 && below.i < 0 ? BEND_GAP : NODE_GAP;
}

// The places nearest to the wishes that keep the order and the distances (pooling of neighbours that push each other).
function settle(layer, wishes) {
  const pools = [];
  let offset = 0;
  layer.forEach((item, i) => {
    if (i) offset += (layer[i - 1].h + item.h) / 2 + gap(layer[i - 1], item);
    item.offset = offset;
    // A bend weighs more than a box: straight lines are easier to follow.
    const weight = item.i < 0 ? 2 : 1;
    let pool = { sum: (wishes[i] - offset) * weight, weight, items: [item] };
    while (pools.length && pools[pools.length - 1].sum / pools[pools.length - 1].weight > pool.sum / pool.weight) {
      const last = pools.pop();
      last.items.push(...pool.items);
      pool = { sum: last.sum + pool.sum, weight: last.weight + pool.weight, items: last.items };
    }
    pools.push(pool);
  });
  for (const pool of pools) for (const item of pool.items) item.y = pool.sum / pool.weight + item.offset;
}
