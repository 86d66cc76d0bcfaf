// Search itself: terms are compared with names, labels, columns and codes at once, with descriptions and SQL a little later.

/** The terms of a query, folded; those without blanks between words carry their bigrams. */
function termsOf(query) {
  return fold(query).split(/\s+/).filter(Boolean).slice(0, 8).map((text) => ({ text, grams: spaceless(text) && text.length > 2 ? bigrams(text) : null }));
}

// How well a name fits: whole, beginning, beginning of a word, anywhere.
function fit(name, term) {
  const at = name.indexOf(term);
  if (at < 0) return 0;
  if (at === 0) return name.length === term.length ? 100 : 70 + (20 * term.length) / name.length;
  const before = name.charCodeAt(at - 1);
  const inWord = (before >= 97 && before <= 122) || (before >= 48 && before <= 57);
  return (inWord ? 30 : 52) + (10 * term.length) / name.length;
}

// How many of the bigrams are there; nothing below six in ten.
function fitGrams(text, grams) {
  let hits = 0;
  for (const gram of grams) if (text.includes(gram)) hits++;
  const share = hits / grams.length;
  return share >= 0.6 ? 25 * share : 0;
}

/** What is found in names, labels, columns and codes: {parts, columns, codes, similar, terms}. Takes a few milliseconds. */
function searchNow(query, limits) {
  let terms = termsOf(query);
  const result = { parts: [], columns: [], codes: [], counts: {}, similar: null, terms };
  if (!terms.length || !found.entities) return result;
  let scores = terms.map(scoreEntities), columnScores = found.columns ? terms.map(scoreColumns) : [];
  const strange = terms.map((_, i) => !scores[i].any && !(columnScores[i] && columnScores[i].any));
  if (strange.some(Boolean)) {
    const mended = terms.map((term, i) => (strange[i] ? nearTerms(term.text) : null));
    terms.forEach((_, i) => {
      if (!mended[i] || !mended[i].length) return;
      for (const text of mended[i]) {
        const other = { text, grams: null };
        scores[i] = stronger(scores[i], scoreEntities(other));
        if (columnScores[i]) columnScores[i] = strongerColumns(columnScores[i], scoreColumns(other));
      }
      result.similar = (result.similar || []).concat(mended[i]);
    });
    if (result.similar) result.terms = terms.concat(result.similar.map((text) => ({ text, grams: null })));
  }
  rankParts(scores, result, limits);
  if (found.columns) {
    rankColumns(scores, columnScores, result, limits);
    rankCodes(terms, result, limits);
  }
  return result;
}

function scoreEntities(term) {
  const { names, labels, about } = found.entities;
  const of = new Float32Array(ix.n);
  let any = false;
  for (let n = 0; n < ix.n; n++) {
    let score = fit(names[n], term.text);
    if (labels[n]) score = Math.max(score, fit(labels[n], term.text));
    if (!score && about[n].includes(term.text)) score = 12;
    if (!score && term.grams) score = Math.max(labels[n] ? fitGrams(labels[n], term.grams) : 0, fitGrams(about[n], term.grams) * 0.4);
    if (score) { of[n] = score; any = true; }
  }
  return { of, any };
}

function scoreColumns(term) {
  const c = found.columns;
  const names = scoreRows(c.nameRows, c.names.length, term), labels = scoreRows(c.labelRows, c.labels.length, term);
  return { names: names.of, labels: labels.of, any: names.any || labels.any };
}

function scoreRows(blocks, size, term) {
  const of = new Float32Array(size);
  let any = false;
  for (const block of blocks) {
    eachRow(block, term.text, (row, at) => {
      const length = block.start[row + 1] - block.start[row] - 1;
      const before = at ? block.text.charCodeAt(block.start[row] + at - 1) : 95;
      const inWord = (before >= 97 && before <= 122) || (before >= 48 && before <= 57);
      of[block.base + row] = at === 0 ? (length === term.text.length ? 100 : 70 + (20 * term.text.length) / length) : (inWord ? 30 : 52) + (10 * term.text.length) / length;
      any = true;
    });
    if (term.grams) {
      const counts = new Uint8Array(block.start.length);
      for (const gram of term.grams) eachRow(block, gram, (row) => { counts[row]++; });
      for (let row = 0; row < counts.length; row++) {
        const share = counts[row] / term.grams.length;
        if (share >= 0.6 && !of[block.base + row]) { of[block.base + row] = 25 * share; any = true; }
      }
    }
  }
  return { of, any };
}

function stronger(a, b) {
  for (let n = 0; n < a.of.length; n++) a.of[n] = Math.max(a.of[n], b.of[n] * 0.5);
  return { of: a.of, any: a.any || b.any };
}

function strongerColumns(a, b) {
  for (const key of ["names", "labels"]) for (let n = 0; n < a[key].length; n++) a[key][n] = Math.max(a[key][n], b[key][n] * 0.5);
  return { ...a, any: a.any || b.any };
}

function rankParts(scores, result, limits) {
  const hits = [];
  for (let n = 0; n < ix.n; n++) {
    let sum = 0;
    for (const { of } of scores) {
      if (!of[n]) { sum = 0; break; }
      sum += of[n];
    }
    if (sum) hits.push({ n, score: sum + (kindOf(n) === "model" ? 3 : kindOf(n) === "source" ? 2 : 0) });
  }
  hits.sort((a, b) => b.score - a.score || ix.name[a.n].length - ix.name[b.n].length || (ix.name[a.n] < ix.name[b.n] ? -1 : 1));
  result.counts.parts = hits.length;
  result.parts = hits.slice(0, limits.parts);
}

// Columns of one name that are listed before the rest of them is only counted.
const SAME_NAME = 4;

function rankColumns(scores, columnScores, result, limits) {
  const c = found.columns;
  let best = [], least = 0, count = 0;
  const of = new Float32Array(c.owner.length);
  for (let column = 0; column < c.owner.length; column++) {
    const nameAt = c.nameOf[column];
    if (nameAt < 0) continue;
    const labelAt = c.labelOf[column];
    let sum = 0, own = false;
    for (let k = 0; k < scores.length; k++) {
      const here = Math.max(columnScores[k].names[nameAt], labelAt < 0 ? 0 : columnScores[k].labels[labelAt]);
      const there = scores[k].of[c.owner[column]] * 0.5;
      if (here > 0) own = true;
      if (here === 0 && there === 0) { sum = 0; break; }
      sum += Math.max(here, there);
    }
    if (!own || !sum) continue;
    count++;
    of[column] = sum;
  }
  // The best names first, so that one name that is everywhere does not crowd out the others.
  const byName = new Map();
  for (let column = 0; column < of.length; column++) {
    if (!of[column]) continue;
    let group = byName.get(c.nameOf[column]);
    if (!group) byName.set(c.nameOf[column], group = { score: 0, count: 0, columns: [] });
    group.count++;
    if (of[column] > group.score) group.score = of[column];
    if (group.columns.length < SAME_NAME) group.columns.push(column);
    else {
      // A better one takes the place of the weakest.
      let weakest = 0;
      for (let i = 1; i < SAME_NAME; i++) if (of[group.columns[i]] < of[group.columns[weakest]]) weakest = i;
      if (of[column] > of[group.columns[weakest]]) group.columns[weakest] = column;
    }
  }
  const groups = Array.from(byName, ([nameAt, group]) => ({ nameAt, ...group }));
  groups.sort((a, b) => b.score - a.score || c.names[a.nameAt].length - c.names[b.nameAt].length || b.count - a.count || (c.names[a.nameAt] < c.names[b.nameAt] ? -1 : 1));
  for (const group of groups) {
    if (result.columns.length >= limits.columns) break;
    group.columns.sort((a, b) => of[b] - of[a] || a - b);
    group.columns.slice(0, Math.min(limits.same || SAME_NAME, limits.columns - result.columns.length)).forEach((column, i, all) => result.columns.push({
      n: c.owner[column], i: column - c.first[c.owner[column]], name: c.names[group.nameAt], label: c.labelOf[column] < 0 ? null : c.labels[c.labelOf[column]],
      more: i === all.length - 1 ? group.count - all.length : 0,
    }));
  }
  result.counts.columns = count;
}

function rankCodes(terms, result, limits) {
  const c = found.columns, hits = new Map();
  for (const block of c.codeRows) eachRow(block, terms[0].text, (row) => {
    const text = block.text.slice(block.start[row], block.start[row + 1]);
    if (!terms.every((term) => text.includes(term.text))) return;
    const code = c.codes[block.base + row];
    const key = code[0] + "\n" + code[1];
    const hit = hits.get(key);
    if (hit) hit.more++;
    else hits.set(key, { value: code[0], meaning: code[1], n: code[2], i: code[3], more: 0 });
  });
  result.counts.codes = hits.size;
  result.codes = Array.from(hits.values()).sort((a, b) => (a.meaning || "").length - (b.meaning || "").length).slice(0, limits.codes);
}

/** The name of a column by entity and index, once columns are here. */
function columnName(n, i) {
  const at = found.columns ? found.columns.nameOf[found.columns.first[n] + i] : -1;
  return at >= 0 ? found.columns.names[at] : "";
}
