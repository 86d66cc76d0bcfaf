// What search looks through: folded texts, joined into long strings, which browsers scan far faster than lists.

const found = { entities: null, columns: null, texts: [], ready: null, stage: 0 };

/** Begins to load what search needs, in pieces: names first, then columns and codes, then descriptions. */
function prepareSearch() {
  if (!found.ready) found.ready = prepareAll().catch((error) => { found.ready = null; if (!(error instanceof Missing)) console.error(error); });
  return found.ready;
}

// For whoever measures: a promise that all of search is loaded.
window.buhin.searchReady = prepareSearch;

const searchListeners = new Set();

async function prepareAll() {
  const home = have("home") || (await load("home"));
  await loadIndex();
  await breathe();
  found.entities = prepareEntities();
  found.stage = 1;
  tellListeners();
  found.columns = emptyColumns();
  for (let k = 0; k < home.pieces.columns; k++) {
    const piece = await load("columns/" + k);
    await breathe();
    await addColumns(piece);
    arrived.delete("columns/" + k);
  }
  await gatherWords();
  // Once for nothing, so that the reader's first keystroke finds compiled code.
  for (const warm of ["a", "aa_", "あい"]) { searchNow(warm, QUICK); await breathe(); }
  found.stage = 2;
  tellListeners();
  for (let k = 0; k < home.pieces.text; k++) {
    const piece = await load("text/" + k);
    await breathe();
    found.texts.push({ n: piece.n, i: piece.i, t: piece.t, rows: await joinedSlowly(piece.t) });
    arrived.delete("text/" + k);
    await breathe();
  }
  found.stage = 3;
  tellListeners();
}

function tellListeners() {
  for (const listener of searchListeners) listener();
}

function prepareEntities() {
  const about = [], names = [], labels = [];
  for (let n = 0; n < ix.n; n++) {
    names.push(foldFast(ix.name[n]));
    labels.push(ix.label[n] ? foldFast(ix.label[n]) : "");
    about.push([folderOf(n), ownerOf(n), tagsOf(n).join(" "), ix.short[n]].filter(Boolean).join(" "));
  }
  return { names, labels, nameRows: { base: 0, ...joined(names) }, labelRows: { base: 0, ...joined(labels) }, aboutRows: { base: 0, ...joined(about) } };
}

/** As `fold`, quicker for plain ASCII. */
function foldFast(text) {
  // eslint-disable-next-line no-control-regex
  return /^[\x00-\x7f]*$/.test(text) ? text.toLowerCase() : fold(text);
}

/** Texts as one folded string, with where each begins. */
function joined(texts) {
  const start = new Int32Array(texts.length + 1);
  const pieces = [];
  let at = 0;
  for (let i = 0; i < texts.length; i++) {
    const folded = foldFast(texts[i]).replace(/\n/g, " ");
    pieces.push(folded);
    start[i] = at;
    at += folded.length + 1;
  }
  start[texts.length] = at;
  return { text: pieces.join("\n") + "\n", start };
}

// The same in slices of a few milliseconds.
async function joinedSlowly(texts) {
  const parts = [];
  for (let i = 0; i < texts.length; i += 1500) {
    parts.push(joined(texts.slice(i, i + 1500)));
    await breathe();
  }
  const start = new Int32Array(texts.length + 1);
  let at = 0, row = 0;
  for (const part of parts) {
    for (let i = 0; i + 1 < part.start.length; i++) start[row++] = at + part.start[i];
    at += part.text.length;
  }
  start[row] = at;
  return { text: parts.map((part) => part.text).join(""), start };
}

function emptyColumns() {
  // Columns in one row: the columns of entity n are numbered from first[n].
  const first = new Int32Array(ix.n + 1);
  for (let n = 0; n < ix.n; n++) first[n + 1] = first[n] + ix.columns[n];
  const all = first[ix.n];
  const owner = new Int32Array(all);
  for (let n = 0; n < ix.n; n++) owner.fill(n, first[n], first[n + 1]);
  return { first, owner, nameOf: new Int32Array(all).fill(-1), labelOf: new Int32Array(all).fill(-1), names: [], labels: [], codes: [], nameRows: [], labelRows: [], codeRows: [] };
}

/** Columns of the same name and label together, for they score alike: columns[start[p]] to columns[start[p + 1] - 1] have name[p] and label[p]. */
function columnPairs(c) {
  if (c.pairs) return c.pairs;
  const numbers = new Map(), of = new Int32Array(c.owner.length).fill(-1), name = [], label = [], counts = [];
  for (let column = 0; column < of.length; column++) {
    if (c.nameOf[column] < 0) continue;
    const key = c.nameOf[column] * 4194304 + c.labelOf[column] + 1;
    let pair = numbers.get(key);
    if (pair === undefined) {
      numbers.set(key, pair = name.length);
      name.push(c.nameOf[column]);
      label.push(c.labelOf[column]);
      counts.push(0);
    }
    of[column] = pair;
    counts[pair]++;
  }
  const start = new Int32Array(name.length + 1);
  counts.forEach((count, pair) => { start[pair + 1] = start[pair] + count; });
  const next = start.slice(), columns = new Int32Array(start[name.length]);
  for (let column = 0; column < of.length; column++) if (of[column] >= 0) columns[next[of[column]]++] = column;
  c.pairs = { name: Int32Array.from(name), label: Int32Array.from(label), start, columns };
  return c.pairs;
}

async function addColumns(piece) {
  const c = found.columns;
  c.pairs = null;
  const put = (of, base, list) => list.forEach((at, k) => {
    for (let p = 0; p < at.length; p += 2) {
      const column = c.first[at[p]] + at[p + 1];
      if (column < of.length) of[column] = base + k;
    }
  });
  const blocks = [["names", "nameRows", "nameOf", piece.names, piece.at], ["labels", "labelRows", "labelOf", piece.labels.map((pair) => pair[0]), piece.labels.map((pair) => pair[1])]];
  for (const [list, rows, of, texts, at] of blocks) {
    const base = c[list].length;
    put(c[of], base, at);
    for (const text of texts) c[list].push(text);
    if (texts.length) c[rows].push({ base, ...(await joinedSlowly(texts)) });
    await breathe();
  }
  if (!piece.codes.length) return;
  // The same code with the same meaning in many columns is one entry.
  const base = c.codes.length, known = new Map();
  for (const [value, meaning, n, i] of piece.codes) {
    const key = value + "\n" + meaning, code = known.get(key);
    if (code) code.more++;
    else known.set(key, { value, meaning, n, i, more: 0 });
  }
  c.codes.push(...known.values());
  c.codeRows.push({ base, ...(await joinedSlowly(c.codes.slice(base).map((code) => code.value + " " + (code.meaning == null ? "" : code.meaning)))) });
}

/** Calls `visit` with each row of the joined texts that has the wanted string, and where in it. */
function eachRow(rows, wanted, visit) {
  const { text, start } = rows;
  let at = text.indexOf(wanted), row = 0;
  while (at >= 0) {
    // The rows come in order, so the search for the row begins at the last one.
    let low = row, high = start.length - 1, step = 1;
    while (low + step < high && start[low + step] <= at) step *= 2;
    high = Math.min(high, low + step);
    low = low + (step >> 1);
    while (low + 1 < high) {
      const middle = (low + high) >> 1;
      if (start[middle] <= at) low = middle;
      else high = middle;
    }
    row = low;
    if (visit(row, at - start[row]) === false) return;
    at = text.indexOf(wanted, start[row + 1]);
    row++;
  }
}
