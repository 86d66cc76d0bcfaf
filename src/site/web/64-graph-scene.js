// What a graph shows: boxes and lines, made from the whole project, a selection, folders, or the columns of a few parts.

const BOX = { w: 196, h: 30, tall: 44, row: 21 };
// Selections up to this size get a layout of their own; larger ones keep the places that were computed ahead.
const OWN_LAYOUT = 1200;
// Parts of a column graph.
const COLUMN_PARTS = 40;
const COLUMN_ROWS = 18;
// Boxes and lines of the view of folders.
const FOLDER_BOXES = 60;
const FOLDER_LINES = 600;

/** The boxes and lines for the options; {nodes, edges, note, error}. */
async function makeScene(options) {
  await loadGraph();
  const focus = options.focus ? entity(options.focus) : -1;
  let chosen = null, error = null;
  if (options.select) {
    const selected = select(options.select);
    error = selected.error;
    chosen = selected.set;
  } else if (focus >= 0) chosen = around(focus, stepsOf(options));
  if (options.columns && focus >= 0) return { error, focus, ...(await columnScene(focus, chosen, options)) };
  if (options.focus && focus < 0) error = error || t("not_found") + ": " + cut(options.focus, 80);
  const view = viewOfGraph(options);
  const scene = view === "folders" ? folderScene(chosen) : partScene(chosen);
  return { error, focus, view, ...scene };
}

/** Which of the views the options ask for; a big project begins with its folders. */
function viewOfGraph(options) {
  if (options.columns) return "columns";
  if (options.view) return options.view;
  return !options.focus && !options.select && ix.n > 800 ? "folders" : "parts";
}

function stepsOf(options) {
  return options.steps === "all" ? Infinity : Math.max(1, Math.min(9, parseInt(options.steps, 10) || 2));
}

/** The entity with what it reads and what reads it, as far as so many steps. */
function around(n, steps) {
  const near = reach([n], net.up, steps);
  for (const m of reach([n], net.down, steps)) near.add(m);
  return near;
}

function partScene(chosen) {
  const list = chosen ? Array.from(chosen).sort((a, b) => a - b) : Array.from({ length: ix.n }, (_, n) => n);
  const tall = list.some((n) => ix.label[n]);
  const nodes = list.map((n) => ({ key: "n" + n, n, title: ix.name[n], sub: ix.label[n], w: BOX.w, h: tall ? BOX.tall : BOX.h, hint: net.data.y[n], layer: net.data.layer[n] }));
  const at = new Map(nodes.map((node) => [node.n, node]));
  const edges = [];
  for (const node of nodes) eachNeighbour(net.down, node.n, (m) => { const other = at.get(m); if (other) edges.push({ a: node, b: other }); });
  if (nodes.length <= OWN_LAYOUT && (chosen || nodes.length <= 400)) layOut(nodes, edges);
  else placeAhead(nodes);
  return { nodes, edges };
}

// The places that the generator computed; tall layers are folded into several columns, so that the whole has the shape of a screen.
function placeAhead(nodes) {
  const layers = new Map();
  for (const node of nodes) {
    if (!layers.has(node.layer)) layers.set(node.layer, []);
    layers.get(node.layer).push(node);
  }
  const row = nodes[0].h + NODE_GAP, column = BOX.w + 16;
  const list = Array.from(layers.entries()).sort((a, b) => a[0] - b[0]).map((pair) => pair[1]);
  const tallest = Math.max(...list.map((layer) => layer.length));
  let rows = tallest;
  const width = (limit) => list.reduce((sum, layer) => sum + Math.ceil(layer.length / limit) * column + LAYER_GAP * 2, 0);
  while (rows > 20 && width(rows) < rows * row * 1.7) rows = Math.floor(rows * 0.93);
  let x = 0;
  for (const layer of list) {
    const columns = Math.ceil(layer.length / rows), deep = Math.ceil(layer.length / columns);
    layer.sort((a, b) => a.hint - b.hint).forEach((node, i) => {
      // Across first, so that neighbours in the order stay neighbours in the fold.
      node.x = x + (i % columns) * column;
      node.y = (Math.floor(i / columns) - deep / 2) * row;
    });
    x += columns * column + LAYER_GAP * 2;
  }
}

// Folders as boxes: as deep as there are few enough of them to see; what is inside shows when one is opened.
function folderScene(chosen) {
  const list = chosen ? Array.from(chosen) : Array.from({ length: ix.n }, (_, n) => n);
  const groups = groupByFolder(list, FOLDER_BOXES);
  const nodes = [], groupOf = new Map();
  for (const [folder, inside] of groups) {
    const pieces = folder.split("/");
    const mean = (values) => inside.reduce((sum, n) => sum + values[n], 0) / inside.length;
    const node = { key: "c" + folder, n: -1, folder, inside, title: pieces.slice(-2).join("/") || folder, sub: t("n_parts", { n: number(inside.length) }), w: BOX.w, h: BOX.tall, hint: mean(net.data.y), depth: mean(net.data.layer) };
    nodes.push(node);
    for (const n of inside) groupOf.set(n, node);
  }
  const weights = new Map();
  for (const n of list) eachNeighbour(net.down, n, (m) => {
    const a = groupOf.get(n), b = groupOf.get(m);
    if (!b || a === b) return;
    const key = a.key + "\n" + b.key;
    const edge = weights.get(key);
    if (edge) edge.weight++;
    else weights.set(key, { a, b, weight: 1 });
  });
  // Folders can read each other both ways: lines lead from the one that is nearer to the sources, on the whole.
  const lines = Array.from(weights.values()).filter(({ a, b }) => a.depth < b.depth || (a.depth === b.depth && a.key < b.key)).sort((x, y) => y.weight - x.weight).slice(0, FOLDER_LINES);
  // Those that do so about as often one way as the other stand beside each other, with no line between them.
  const isOneWay = ({ a, b, weight }) => { const back = weights.get(b.key + "\n" + a.key); return !back || back.weight * 4 < weight; };
  rank(nodes, lines.filter(isOneWay));
  const edges = lines.filter(({ a, b }) => a.layer < b.layer);
  layOut(nodes, edges, true);
  return { nodes, edges };
}

/** The entities by folder, cut to the greatest depth that gives at most so many groups. */
function groupByFolder(list, most) {
  let groups = new Map();
  for (let depth = 1; depth < 12; depth++) {
    const next = new Map();
    for (const n of list) {
      const folder = folderOf(n).split("/").slice(0, depth).join("/");
      if (!next.has(folder)) next.set(folder, []);
      next.get(folder).push(n);
    }
    if (next.size > most && groups.size > 1) break;
    const same = next.size === groups.size && depth > 3;
    groups = next;
    if (same || next.size > most) break;
  }
  return groups;
}

async function columnScene(focus, chosen, options) {
  const parts = new Map();
  let trace = null, bounded = false;
  if (options.column) {
    trace = await traceColumn(focus, options.column, parts);
    bounded = trace.bounded;
  } else {
    const nearest = [];
    for (let step = 0; step < 4 && nearest.length < COLUMN_PARTS; step++) for (const n of around(focus, step)) if (!nearest.includes(n) && (!chosen || chosen.has(n))) nearest.push(n);
    bounded = !!chosen && chosen.size > COLUMN_PARTS;
    for (const n of nearest.slice(0, COLUMN_PARTS)) parts.set(n, await loadPart(n));
  }
  const nodes = [], rowOf = new Map();
  for (const [n, part] of parts) {
    const used = part.columns.map((column, index) => ({ column, index })).filter(({ column, index }) => trace ? trace.seen.has(n + ":" + index) : n === focus || column.from.some((step) => step.n != null && parts.has(step.n)) || column.to.some((step) => parts.has(step.n)));
    const rows = used.slice(0, COLUMN_ROWS).map(({ column, index }) => ({ index, name: column.name, label: column.label }));
    const node = { key: "n" + n, n, title: ix.name[n], sub: null, rows, more: used.length - rows.length, w: BOX.w + 30, h: BOX.h + (rows.length + (used.length > rows.length ? 1 : 0)) * BOX.row + 4, hint: net.data.y[n] };
    rows.forEach((row, r) => rowOf.set(n + ":" + row.index, { node, r }));
    nodes.push(node);
  }
  const edges = [];
  for (const node of nodes) for (const row of node.rows) for (const step of parts.get(node.n).columns[row.index].from) {
    const start = step.n == null ? null : rowOf.get(step.n + ":" + step.index);
    if (start) edges.push({ a: start.node, b: node, ra: start.r, rb: rowOf.get(node.n + ":" + row.index).r, kind: step.kind });
  }
  layOut(nodes, edges);
  return { nodes, edges, view: "columns", note: bounded ? t("columns_bounded", { n: number(nodes.length) }) : null };
}

// All columns that the one comes from or goes to, step by step, as far as the bound allows.
async function traceColumn(focus, columnName, parts) {
  const start = await loadPart(focus);
  const index = start.columns.findIndex((column) => column.name === columnName);
  const seen = new Set([focus + ":" + index]);
  parts.set(focus, start);
  let bounded = false;
  for (const side of ["from", "to"]) {
    let edge = [[focus, index]];
    for (let step = 0; step < 30 && edge.length; step++) {
      const next = [];
      for (const [n, i] of edge) {
        const column = parts.get(n).columns[i];
        for (const other of (column && column[side]) || []) {
          if (other.n == null || seen.has(other.n + ":" + other.index)) continue;
          if (!parts.has(other.n)) {
            if (parts.size >= COLUMN_PARTS) { bounded = true; continue; }
            parts.set(other.n, await loadPart(other.n));
          }
          seen.add(other.n + ":" + other.index);
          next.push([other.n, other.index]);
        }
      }
      edge = next;
    }
  }
  return { seen, bounded };
}
