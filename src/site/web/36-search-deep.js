// Search in descriptions and in SQL: piece by piece, with pauses, so that typing never waits for it.

/** Hits in descriptions and SQL as {texts, sql}; `stale()` says that nobody waits any more. */
async function searchDeep(query, limits, stale) {
  const terms = termsOf(query);
  const result = { texts: [], sql: [] };
  if (!terms.length) return result;
  // What was found in names is painted first.
  await breathe();
  if (stale()) return null;
  // The longest term is the rarest, mostly; the others are looked for in its rows.
  const lead = terms.reduce((a, b) => (b.text.length > a.text.length ? b : a));
  for (const piece of found.texts) {
    if (stale()) return null;
    textHits(piece, lead, terms, result.texts, limits.texts * 4);
    await breathe();
  }
  if (!result.texts.length && lead.grams) for (const piece of found.texts) {
    if (stale()) return null;
    gramHits(piece, lead, result.texts, limits.texts * 4);
    await breathe();
  }
  result.texts.sort((a, b) => b.score - a.score);
  result.texts.length = Math.min(result.texts.length, limits.texts);
  result.sql = await sqlHits(terms, limits.sql, stale);
  return stale() ? null : result;
}

function textHits(piece, lead, terms, hits, limit) {
  eachRow(piece.rows, lead.text, (row) => {
    const start = piece.rows.start[row], end = piece.rows.start[row + 1];
    const text = terms.length > 1 || end - start < 400 ? piece.rows.text.slice(start, end) : "";
    const n = piece.n[row];
    for (const term of terms) {
      if (term !== lead && !text.includes(term.text) && !found.entities.names[n].includes(term.text) && !found.entities.labels[n].includes(term.text)) return;
    }
    hits.push({ n, i: piece.i[row], text: piece.t[row], score: (piece.i[row] < 0 ? 5 : 0) + 100 / (20 + end - start) });
    if (hits.length >= limit) return false;
  });
}

function gramHits(piece, lead, hits, limit) {
  const counts = new Map();
  for (const gram of lead.grams) eachRow(piece.rows, gram, (row) => { counts.set(row, (counts.get(row) || 0) + 1); return counts.size < 20000; });
  for (const [row, count] of counts) {
    const share = count / lead.grams.length;
    if (share >= 0.5 && hits.length < limit) hits.push({ n: piece.n[row], i: piece.i[row], text: piece.t[row], score: share });
  }
}

// The words of a text as the index of SQL has them: letters and digits, hiragana, and kanji stand apart; short ones are left out.
function sqlWords(text) {
  const runs = text.match(/[ぁ-ゖー]+|[々㐀-䶿一-鿿]+|(?:(?![ぁ-ゖー々㐀-䶿一-鿿])[\p{L}\p{N}_])+/gu) || [];
  return runs.filter((run) => run.length >= (spaceless(run) ? 2 : 3));
}

/** Entities whose SQL has a word that begins with each of the terms. */
async function sqlHits(terms, limit, stale) {
  const home = have("home");
  let all = null;
  const wanted = terms.flatMap((term) => sqlWords(term.text));
  for (const word of wanted) {
    const bucket = sqlBucket(word);
    if (!home.pieces.sql.includes(bucket)) return [];
    let piece;
    try { piece = await load("sql/" + bucket); } catch (_) { return []; }
    if (stale()) return [];
    const here = new Set();
    for (let k = firstAtLeast(piece.words, word); k < piece.words.length && piece.words[k].startsWith(word); k++) {
      for (const n of piece.at[k]) here.add(n);
      if (here.size > 20000) break;
    }
    all = all ? new Set(Array.from(all).filter((n) => here.has(n))) : here;
  }
  return Array.from(all || []).sort((a, b) => a - b).slice(0, limit).map((n) => ({ n }));
}

/** The name of the piece of the SQL index that has words beginning so. */
function sqlBucket(word) {
  return /^[a-z0-9_]{2}/.test(word) ? word.slice(0, 2) : "u" + word.codePointAt(0).toString(16);
}

// Where in the sorted list the first word is that is not before the wanted one.
function firstAtLeast(list, wanted) {
  let low = 0, high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
