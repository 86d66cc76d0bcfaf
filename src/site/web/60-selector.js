// The selection language of the command line, for the graph: `+orders  2+orders+1  @orders  tag:daily,path:models/marts`.

// What each method compares: a function from an entity to the texts that may match.
const METHODS = {
  fqn: (n) => namesOf(n),
  name: (n) => [ix.name[n]],
  path: (n) => [ix.file[n], ...foldersAbove(n)],
  file: (n) => [ix.file[n].split("/").pop(), ix.file[n].split("/").pop().replace(/\.\w+$/, "")],
  tag: (n) => tagsOf(n),
  owner: (n) => [ownerOf(n) || ""],
  package: (n) => [packageOf(n)],
  kind: (n) => [kindOf(n)],
  resource_type: (n) => [kindOf(n)],
  materialized: (n) => [materializedOf(n) || ""],
  "config.materialized": (n) => [materializedOf(n) || ""],
  label: (n) => [ix.label[n] || ""],
  source: (n) => (kindOf(n) === "source" ? sourceNames(n) : []),
  exposure: (n) => (kindOf(n) === "exposure" ? [ix.name[n]] : []),
  metric: (n) => (kindOf(n) === "metric" ? [ix.name[n]] : []),
};

/** A value as it must be written in a selector: in quotes if it has blanks or commas. */
function quoted(value) {
  return /[\s,"+@]/.test(value) ? '"' + value.replace(/"/g, '\\"') + '"' : value;
}

/** The entities that the text selects, as {set, error}; needs the graph for `+` and `@`. */
function select(text) {
  const union = new Set();
  let error = null;
  for (const group of splitSelector(text, /\s/)) {
    let meet = null;
    for (const criterion of splitSelector(group, /,/)) {
      const one = selectOne(criterion);
      if (one.error) { error = error || one.error; continue; }
      meet = meet ? new Set(Array.from(meet).filter((n) => one.set.has(n))) : one.set;
    }
    for (const n of meet || []) union.add(n);
  }
  if (!error && !union.size) error = t("selector_none", { q: cut(text, 80) });
  return { set: union, error };
}

// Splits at a mark, but not inside quotes.
function splitSelector(text, mark) {
  const pieces = [];
  let piece = "", inside = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (c === "\\" && text[i + 1] === '"') { piece += '\\"'; i++; continue; }
    if (c === '"') inside = !inside;
    if (!inside && mark.test(c)) { if (piece) pieces.push(piece); piece = ""; } else piece += c;
  }
  if (piece) pieces.push(piece);
  return pieces;
}

function selectOne(criterion) {
  const match = /^(@)?(?:(\d*)(\+))?(.*?)(?:(\+)(\d*))?$/.exec(criterion);
  const [, at, upSteps, up, body, down, downSteps] = match;
  const colon = /^([a-z_.]+):(.*)$/i.exec(body);
  let method = "fqn", value = body;
  if (colon) { method = colon[1].toLowerCase(); value = colon[2]; }
  else if (body.includes("/") || /\.(sql|csv|py|yml)$/.test(body)) method = body.includes("/") ? "path" : "file";
  if (!Object.hasOwn(METHODS, method)) return { error: t("selector_unknown", { method, known: Object.keys(METHODS).join(", ") }) };
  value = value.replace(/^"(.*)"$/, "$1").replace(/\\"/g, '"').replace(/\/+$/, "");
  const matches = matcher(value, method), texts = METHODS[method];
  const base = new Set();
  for (let n = 0; n < ix.n; n++) if (texts(n).some(matches)) base.add(n);
  if (at) return { set: reach(reach(base, net.down, Infinity), net.up, Infinity) };
  const set = new Set(base);
  if (up) reach(base, net.up, upSteps ? +upSteps : Infinity).forEach((n) => set.add(n));
  if (down) reach(base, net.down, downSteps ? +downSteps : Infinity).forEach((n) => set.add(n));
  return { set };
}

// A test of texts against a value with `*`, `?`, `[…]`; in paths `*` stays in a folder and `**` does not.
function matcher(value, method) {
  if (!/[*?[]/.test(value)) return (text) => text === value;
  let source = "";
  for (let i = 0; i < value.length; i++) {
    const c = value[i];
    if (c === "*") {
      if (method === "path" && value[i + 1] !== "*") source += "[^/]*";
      else { source += ".*"; if (value[i + 1] === "*") i++; }
    } else if (c === "?") source += ".";
    else if (c === "[" && value.indexOf("]", i + 2) > 0) {
      const end = value.indexOf("]", i + 2);
      source += "[" + value.slice(i + 1, end).replace(/^!/, "^").replace(/[\\[]/g, "\\$&") + "]";
      i = end;
    } else source += c.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
  }
  let pattern;
  try { pattern = new RegExp("^" + source + "$", "su"); } catch (_) { return (text) => text === value; }
  return (text) => pattern.test(text);
}

function foldersAbove(n) {
  const pieces = folderOf(n).split("/");
  return pieces.map((_, i) => pieces.slice(0, i + 1).join("/"));
}

// A bare name is a part's name, its place with dots, a folder, or a package.
function namesOf(n) {
  const pieces = folderOf(n).split("/").slice(1);
  const place = pieces.concat(ix.name[n]).join(".");
  return [ix.name[n], place, packageOf(n) + "." + place, packageOf(n), ix.id[n], ...pieces.map((_, i) => pieces.slice(0, i + 1).join(".")), ...pieces];
}

function sourceNames(n) {
  // source.<package>.<source>.<table>
  const [, packageName, source, ...table] = ix.id[n].split(".");
  return [source, source + "." + table.join("."), packageName + "." + source + "." + table.join(".")];
}
