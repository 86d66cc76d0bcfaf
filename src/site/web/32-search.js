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

// How many of the bigrams are there; nothing below a half.
function fitGrams(text, grams) {
  let hits = 0;
  for (const gram of grams) if (text.includes(gram)) hits++;
  const share = hits / grams.length;
  return share >= 0.5 ? 25 * share : 0;
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
        if (share >= 0.5 && !of[block.base + row]) { of[block.base + row] = 25 * share; any = true; }
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
  const of = new Float32Array(ix.n), bonus = ix.kinds.map((kind) => (kind === "model" ? 3 : kind === "source" ? 2 : 0));
  let count = 0;
  for (let n = 0; n < ix.n; n++) {
    let sum = bonus[ix.kind[n]];
    for (const score of scores) {
      if (!score.of[n]) { sum = 0; break; }
      sum += score.of[n];
    }
    of[n] = sum;
    if (sum) count++;
  }
  result.counts.parts = count;
  result.parts = best(of, limits.parts, (a, b) => ix.name[a].length - ix.name[b].length || (ix.name[a] < ix.name[b] ? -1 : 1)).map((n) => ({ n }));
}

/** The numbers with the highest scores above zero, at most so many; `tie` orders those that score alike. */
function best(of, limit, tie) {
  const top = [];
  const before = (a, b) => of[a] > of[b] || (of[a] === of[b] && tie(a, b) < 0);
  for (let k = 0; k < of.length && limit; k++) {
    if (!of[k] || (top.length === limit && !before(k, top[limit - 1]))) continue;
    let low = 0, high = top.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (before(k, top[middle])) high = middle;
      else low = middle + 1;
    }
    top.splice(low, 0, k);
    if (top.length > limit) top.pop();
  }
  return top;
}

// Columns of one name that are listed before the rest of them is only counted.
const SAME_NAME = 4;

function rankColumns(scores, columnScores, result, limits) {
  const c = found.columns, all = c.owner.length, of = new Float32Array(all);
  // First the best names, so that one name that is everywhere does not crowd out the others; then their columns.
  const nameBest = new Float32Array(c.names.length), nameCount = new Int32Array(c.names.length);
  const first = columnScores.map((score) => score.names), second = columnScores.map((score) => score.labels), whole = scores.map((score) => score.of);
  let count = 0;
  if (!columnScores.some((score) => score.any)) return;
  for (let column = 0; column < all; column++) {
    const nameAt = c.nameOf[column], labelAt = c.labelOf[column];
    if (nameAt < 0) continue;
    let sum = 0, own = false;
    for (let k = 0; k < first.length; k++) {
      let score = first[k][nameAt];
      if (labelAt >= 0 && second[k][labelAt] > score) score = second[k][labelAt];
      if (score > 0) own = true;
      const there = whole[k][c.owner[column]] * 0.5;
      if (there > score) score = there;
      if (score === 0) { sum = 0; break; }
      sum += score;
    }
    if (!own || sum === 0) continue;
    count++;
    of[column] = sum;
    nameCount[nameAt]++;
    if (sum > nameBest[nameAt]) nameBest[nameAt] = sum;
  }
  result.counts.columns = count;
  if (!count) return;
  const names = best(nameBest, limits.columns, (a, b) => c.names[a].length - c.names[b].length || nameCount[b] - nameCount[a] || (c.names[a] < c.names[b] ? -1 : 1));
  const groups = new Map(names.map((nameAt) => [nameAt, []]));
  const wanted = new Uint8Array(c.names.length);
  for (const nameAt of names) wanted[nameAt] = 1;
  const same = limits.same || SAME_NAME;
  for (let column = 0; column < all; column++) {
    if (!of[column] || !wanted[c.nameOf[column]]) continue;
    const group = groups.get(c.nameOf[column]);
    if (group.length === same && of[column] <= of[group[same - 1]]) continue;
    let at = group.length;
    while (at && of[group[at - 1]] < of[column]) at--;
    group.splice(at, 0, column);
    if (group.length > same) group.pop();
  }
  for (const [nameAt, group] of groups) group.slice(0, limits.columns - result.columns.length).forEach((column, i, shown) => result.columns.push({
    n: c.owner[column], i: column - c.first[c.owner[column]], name: c.names[nameAt], label: c.labelOf[column] < 0 ? null : c.labels[c.labelOf[column]],
    more: i === shown.length - 1 ? nameCount[nameAt] - shown.length : 0,
  }));
}

function rankCodes(terms, result, limits) {
  const c = found.columns, hits = [];
  for (const block of c.codeRows) eachRow(block, terms[0].text, (row) => {
    const text = block.text.slice(block.start[row], block.start[row + 1]);
    if (terms.every((term) => text.includes(term.text))) hits.push(c.codes[block.base + row]);
    return hits.length < 2000;
  });
  result.counts.codes = hits.length;
  result.codes = hits.sort((a, b) => (a.meaning || "").length - (b.meaning || "").length || b.more - a.more).slice(0, limits.codes);
}

/** The name of a column by entity and index, once columns are here. */
function columnName(n, i) {
  const at = found.columns ? found.columns.nameOf[found.columns.first[n] + i] : -1;
  return at >= 0 ? found.columns.names[at] : "";
}
