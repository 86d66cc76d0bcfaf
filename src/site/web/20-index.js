// The index of all entities and the graph between them, as typed arrays.

let ix = null;
let byId = null;

/** Loads "index" once; afterwards `ix` has it. */
async function loadIndex() {
  if (ix) return ix;
  const data = await load("index");
  if (ix) return ix;
  byId = new Map();
  data.id.forEach((id, n) => byId.set(id, n));
  ix = data;
  return ix;
}

/** The number of the entity with that unique id, or -1. */
function entity(id) {
  const n = byId.get(id);
  return n === undefined ? -1 : n;
}

const kindOf = (n) => ix.kinds[ix.kind[n]];
const ownerOf = (n) => (ix.owner[n] >= 0 ? ix.owners[ix.owner[n]] : null);
const folderOf = (n) => ix.folders[ix.folder[n]] || "";
const materializedOf = (n) => (ix.materialized[n] >= 0 ? ix.materializations[ix.materialized[n]] : null);
const tagsOf = (n) => (ix.tags[n] || []).map((tag) => ix.tag_names[tag]);
const packageOf = (n) => ix.packages[ix.package[n]] || "";

let net = null;

/** Loads "graph" once and turns its edges into neighbour lists: `net.up`, `net.down`. */
async function loadGraph() {
  if (net) return net;
  await loadIndex();
  const data = await load("graph");
  if (net) return net;
  net = { data, up: neighbours(data.edges, ix.n, 1), down: neighbours(data.edges, ix.n, 0) };
  return net;
}

// Compressed rows: the neighbours of n are list[start[n]] to list[start[n + 1] - 1].
function neighbours(edges, n, side) {
  const start = new Int32Array(n + 1);
  for (let e = side; e < edges.length; e += 2) start[edges[e] + 1]++;
  for (let i = 0; i < n; i++) start[i + 1] += start[i];
  const next = start.slice();
  const list = new Int32Array(edges.length / 2);
  for (let e = 0; e < edges.length; e += 2) list[next[edges[e + side]]++] = edges[e + 1 - side];
  return { start, list };
}

/** Calls `visit` with every neighbour of n on that side. */
function eachNeighbour(side, n, visit) {
  for (let i = side.start[n]; i < side.start[n + 1]; i++) visit(side.list[i]);
}

/** The set of entities within `steps` of those given (Infinity: all), on one side, those given included. */
function reach(from, side, steps) {
  const seen = new Set(from);
  let edge = Array.from(from);
  for (let step = 0; step < steps && edge.length; step++) {
    const next = [];
    for (const n of edge) eachNeighbour(side, n, (m) => { if (!seen.has(m)) { seen.add(m); next.push(m); } });
    edge = next;
  }
  return seen;
}
