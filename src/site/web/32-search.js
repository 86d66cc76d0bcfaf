// Search itself: terms are compared with names, labels, columns and codes at once, with descriptions and SQL a little later.

/** The terms of a query, folded; those without blanks between words carry their bigrams. */
function termsOf(query) {
  return fold(query).split(/\s+/).filter(Boolean).slice(0, 8).map((text) => ({ text, grams: spaceless(text) && text.length > 2 ? bigrams(text) : null }));
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
  const e = found.entities;
  const names = scoreRows([e.nameRows], ix.n, term), labels = scoreRows([e.labelRows], ix.n, term), about = scoreRows([e.aboutRows], ix.n, term);
  const of = names.of;
  for (let n = 0; n < ix.n; n++) {
    if (labels.of[n] > of[n]) of[n] = labels.of[n];
    // What is only said about it counts little.
    if (!of[n] && about.of[n]) of[n] = about.of[n] > 25 ? 12 : about.of[n] * 0.4;
  }
  return { of, any: names.any || labels.any || about.any };
}

function scoreColumns(term) {
  const c = found.columns;
  const names = scoreRows(c.nameRows, c.names.length, term), labels = scoreRows(c.labelRows, c.labels.length, term);
  return { names: names.of, labels: labels.of, any: names.any || labels.any };
}

// How well each row fits: 100 whole, 70 and more at its beginning, 52 at the beginning of a word, 30 anywhere, up to 25 by bigrams.
function scoreRows(blocks, size, term) {
  const of = new Float32Array(size), length = term.text.length;
  let any = false;
  for (const block of blocks) {
    eachRow(block, term.text, (row, at) => {
      const whole = block.start[row + 1] - block.start[row] - 1;
      const before = at ? block.text.charCodeAt(block.start[row] + at - 1) : 95;
      const inWord = (before >= 97 && before <= 122) || (before >= 48 && before <= 57);
      of[block.base + row] = at === 0 ? (whole === length ? 100 : 70 + (20 * length) / whole) : (inWord ? 30 : 52) + (10 * length) / whole;
      any = true;
    });
    if (!term.grams) continue;
    const counts = new Uint8Array(block.start.length);
    for (const gram of term.grams) eachRow(block, gram, (row) => { counts[row]++; });
    for (let row = 0; row < counts.length; row++) {
      // Nothing below half of the bigrams.
      const share = counts[row] / term.grams.length;
      if (share >= 0.5 && !of[block.base + row]) { of[block.base + row] = 25 * share; any = true; }
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
  if (!columnScores.some((score) => score.any)) return;
  const c = found.columns, of = new Float32Array(c.owner.length);
  const pairs = columnPairs(c);
  const terms = columnScores.map((score, k) => ({ names: score.names, labels: score.labels, whole: scores[k].of, here: 0 }));
  // First the best names, so that one name that is everywhere does not crowd out the others; then their columns.
  const nameBest = new Float32Array(c.names.length), nameCount = new Int32Array(c.names.length);
  let count = 0;
  for (let pair = 0; pair < pairs.name.length; pair++) {
    const nameAt = pairs.name[pair], labelAt = pairs.label[pair];
    let own = false;
    for (const term of terms) {
      term.here = labelAt >= 0 && term.labels[labelAt] > term.names[nameAt] ? term.labels[labelAt] : term.names[nameAt];
      if (term.here > 0) own = true;
    }
    if (!own) continue;
    for (let at = pairs.start[pair]; at < pairs.start[pair + 1]; at++) {
      const column = pairs.columns[at];
      let sum = 0;
      for (const term of terms) {
        const there = term.whole[c.owner[column]] * 0.5, score = there > term.here ? there : term.here;
        if (score === 0) { sum = 0; break; }
        sum += score;
      }
      if (sum === 0) continue;
      count++;
      of[column] = sum;
      nameCount[nameAt]++;
      if (sum > nameBest[nameAt]) nameBest[nameAt] = sum;
    }
  }
  result.counts.columns = count;
  if (!count) return;
  const names = best(nameBest, limits.columns, (a, b) => c.names[a].length - c.names[b].length || nameCount[b] - nameCount[a] || (c.names[a] < c.names[b] ? -1 : 1));
  const groups = new Map(names.map((nameAt) => [nameAt, []])), same = limits.same || SAME_NAME;
  for (let pair = 0; pair < pairs.name.length; pair++) {
    const group = groups.get(pairs.name[pair]);
    if (!group) continue;
    for (let at = pairs.start[pair]; at < pairs.start[pair + 1]; at++) {
      const column = pairs.columns[at];
      if (!of[column] || (group.length === same && of[column] <= of[group[same - 1]])) continue;
      let place = group.length;
      while (place && of[group[place - 1]] < of[column]) place--;
      group.splice(place, 0, column);
      if (group.length > same) group.pop();
    }
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
