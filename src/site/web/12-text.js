// Text for comparing and for reading: folding, bigrams, near misses, numbers, dates.

const numbers = new Map();

/** The form that texts are compared in: NFKC, lower case, katakana as hiragana, the long mark kept. */
function fold(text) {
  return text.normalize("NFKC").toLowerCase().replace(/[\u30a1-\u30f6]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0x60));
}

/** Whether the text has letters that are written without blanks between words. */
function spaceless(text) {
  return /[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]/.test(text);
}

/** Overlapping pairs of characters; the text itself if it is shorter. */
function bigrams(text) {
  const letters = Array.from(text);
  if (letters.length < 3) return [text];
  const pairs = [];
  for (let i = 0; i + 1 < letters.length; i++) pairs.push(letters[i] + letters[i + 1]);
  return pairs;
}

/** Words of a name: `orderTotal_2` gives order, total, 2. */
function words(text) {
  return text.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(Boolean);
}

/** Whether two words differ by at most `limit` letters changed, missing, added or swapped; gives the distance, or -1. */
function near(a, b, limit) {
  if (Math.abs(a.length - b.length) > limit) return -1;
  let before = null, last = [], row = [];
  for (let j = 0; j <= b.length; j++) last.push(j);
  for (let i = 1; i <= a.length; i++) {
    row = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      let cost = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (before && i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, before[j - 2] + 1);
      row.push(cost);
      if (cost < least) least = cost;
    }
    if (least > limit) return -1;
    before = last;
    last = row;
  }
  return last[b.length] <= limit ? last[b.length] : -1;
}

/** A number with the separators of the chosen language. */
function number(value) {
  let format = numbers.get(language());
  if (!format) numbers.set(language(), format = new Intl.NumberFormat(language()));
  return format.format(value);
}

/** A share as a whole percentage; never 100 unless it is all, never 0 unless it is none. */
function percent(part, whole) {
  if (!whole) return 0;
  const share = Math.round((part / whole) * 100);
  if (share === 100 && part < whole) return 99;
  if (share === 0 && part > 0) return 1;
  return share;
}

/** Bytes for people. */
function bytes(value) {
  const units = ["B", "KB", "MB", "GB", "TB", "PB"];
  let i = 0;
  while (value >= 1024 && i < units.length - 1) { value /= 1024; i++; }
  return (i && value < 10 ? value.toFixed(1) : Math.round(value)) + " " + units[i];
}

/** A date and time as the chosen language writes it; the text itself if it isn't one. */
function when(text) {
  const date = new Date(text);
  if (isNaN(date)) return String(text);
  const hasTime = /\d[T ]\d/.test(text);
  return date.toLocaleString(language(), hasTime ? { dateStyle: "medium", timeStyle: "short" } : { dateStyle: "medium", timeZone: "UTC" });
}

/** The text cut to a length, with an ellipsis. */
function cut(text, length) {
  return text.length > length ? text.slice(0, length - 1) + "…" : text;
}
