// Routes in the hash, so that links and the back button work from any folder and any host.

const to = {
  home: () => "#/",
  part: (id, column) => "#/part/" + encodeURIComponent(id) + (column == null ? "" : "/" + encodeURIComponent(column)),
  graph: (options) => "#/graph" + query(options),
  dictionary: (options) => "#/dictionary" + query(options),
  search: (text) => "#/search" + query({ q: text }),
  folder: (path) => "#/folder/" + path.split("/").map(encodeURIComponent).join("/"),
};

function query(options) {
  const pairs = [];
  for (const key in options || {}) if (options[key] != null && options[key] !== "") pairs.push(key + "=" + encodeURIComponent(options[key]));
  return pairs.length ? "?" + pairs.join("&") : "";
}

/** The route of a hash: its page, its path pieces, its options. Broken escapes stay as they are. */
function parseRoute(hash) {
  const [path, search] = splitOnce(hash.replace(/^#\/?/, ""), "?");
  const [page, ...rest] = path.split("/").map(unescapePiece);
  const options = {};
  for (const pair of search ? search.split("&") : []) {
    const [key, value] = splitOnce(pair, "=");
    options[unescapePiece(key)] = unescapePiece(value.replace(/\+/g, "%2B"));
  }
  return { page: page || "home", rest, options };
}

function splitOnce(text, mark) {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

function unescapePiece(text) {
  try { return decodeURIComponent(text); } catch (_) { return text; }
}

/** Changes the address without a new page or a new entry in the history. */
function replaceHash(hash) {
  if (location.hash !== hash) history.replaceState(history.state, "", hash);
}
