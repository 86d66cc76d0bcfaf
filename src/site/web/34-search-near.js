// Typing errors: words of names that are nearly the word typed.

let vocabulary = { list: [], masks: new Int32Array(0) };

// Words beyond which the vocabulary is not grown, to keep a keystroke quick.
const VOCABULARY = 40000;

/** Collects the words of all names, in slices. */
async function gatherWords() {
  const set = new Set();
  for (const texts of [ix.name, found.columns.names]) for (let k = 0; k < texts.length && set.size < VOCABULARY; k++) {
    for (const word of words(texts[k])) if (word.length > 2 && word.length < 40 && !/^\d+$/.test(word)) set.add(word);
    if (k % 2000 === 1999) await breathe();
  }
  const list = Array.from(set);
  vocabulary = { list, masks: Int32Array.from(list, mask) };
}

// Which letters a word has, as bits: words that differ in more of them than the limit need no closer look.
function mask(word) {
  let bits = 0;
  for (let i = 0; i < word.length; i++) bits |= 1 << word.charCodeAt(i) % 31;
  return bits;
}

function bitsOf(x) {
  x -= (x >>> 1) & 0x55555555;
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return (((x + (x >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
}

/** Up to three spellings of the term, or of its words one by one, that exist; empty if none is near. */
function nearTerms(term) {
  if (spaceless(term)) return [];
  const parts = words(term);
  if (!parts.length) return [];
  const options = parts.map((part) => nearWords(part, vocabulary));
  if (options.some((option) => !option.length)) return [];
  if (parts.length === 1) return options[0].slice(0, 3);
  return [options.map((option) => option[0]).join("_")];
}

function nearWords(word, known) {
  const limit = word.length < 4 ? 0 : word.length < 8 ? 1 : 2;
  const bits = mask(word), hits = [];
  for (let k = 0; k < known.list.length; k++) {
    const other = known.list[k];
    if (other.startsWith(word)) { hits.push([0, other]); continue; }
    if (!limit || other.length < word.length - limit || bitsOf(bits & ~known.masks[k]) > limit) continue;
    let distance = near(word, other, limit);
    // A beginning with an error in it: the word is still being typed.
    if (distance < 0 && other.length > word.length) {
      const beginning = near(word, other.slice(0, word.length), limit);
      if (beginning >= 0) distance = beginning + 0.5;
    }
    if (distance >= 0) hits.push([distance, other]);
  }
  hits.sort((a, b) => a[0] - b[0] || a[1].length - b[1].length || (a[1] < b[1] ? -1 : 1));
  return hits.slice(0, 3).map((hit) => hit[1]);
}
