// Colours of the graph: by kind, owner, materialization, folder, layer or freshness, with the legend's entries.

// Categories in light and dark; ten at most, the rest is "other".
const PALETTE = {
  light: ["#2b59c3", "#1a7a4c", "#b5651d", "#8e44ad", "#c0392b", "#0b7285", "#7a7a00", "#b3265f", "#4a5a8a", "#3d6b1f"],
  dark: ["#8fb2ff", "#5cc98f", "#f0a868", "#cf9df7", "#ff938a", "#66c7d8", "#d0cc60", "#ff8fb8", "#a9b8e8", "#a3cf7d"],
};
const KIND_COLOURS = { model: 0, source: 1, seed: 2, snapshot: 3, exposure: 7, metric: 5, analysis: 8 };
const COLOURINGS = ["kind", "owner", "materialized", "folder", "layer", "freshness"];

/** A function from entities to colours, and the legend: {of(n), legend: [{label, colour, count}]}. */
function colouring(by, list) {
  const dark = isDark(), palette = PALETTE[dark ? "dark" : "light"], grey = dark ? "#6b7483" : "#9aa1ad";
  if (by === "layer") return layerColouring(list, dark);
  const value = valueFor(by);
  const counts = new Map();
  for (const n of list) counts.set(value(n), (counts.get(value(n)) || 0) + 1);
  const sorted = Array.from(counts).filter((pair) => pair[0] != null).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const colours = new Map();
  if (by === "kind") for (const [kind] of sorted) colours.set(kind, Object.hasOwn(KIND_COLOURS, kind) ? palette[KIND_COLOURS[kind]] : grey);
  else if (by === "freshness") for (const [status, k] of [["pass", 1], ["warn", 2], ["error", 4]]) colours.set(status, palette[k]);
  else sorted.slice(0, 10).forEach(([key], i) => colours.set(key, palette[i]));
  const legend = sorted.filter((pair) => colours.has(pair[0])).map(([key, count]) => ({ label: by === "kind" ? tWord("kind_", key) : by === "freshness" ? tWord("fresh_", key) : key, colour: colours.get(key), count }));
  const rest = sorted.filter((pair) => !colours.has(pair[0])).reduce((sum, pair) => sum + pair[1], 0);
  if (rest) legend.push({ label: t("other"), colour: grey, count: rest });
  if (counts.get(null)) legend.push({ label: t("no_value"), colour: grey, count: counts.get(null) });
  return { of: (n) => colours.get(value(n)) || grey, legend };
}

function valueFor(by) {
  if (by === "owner") return ownerOf;
  if (by === "materialized") return materializedOf;
  if (by === "folder") return (n) => folderOf(n).split("/").slice(0, 2).join("/");
  if (by === "freshness") return (n) => (net.data.freshness ? net.data.freshness[n] : null) || null;
  return kindOf;
}

function layerColouring(list, dark) {
  const layers = Math.max(1, net.data.layers - 1);
  const colour = (layer) => "hsl(" + Math.round(200 + (110 * layer) / layers) + " " + (dark ? "65% 70%" : "55% 42%") + ")";
  const counts = new Map();
  for (const n of list) counts.set(net.data.layer[n], (counts.get(net.data.layer[n]) || 0) + 1);
  const legend = Array.from(counts).sort((a, b) => a[0] - b[0]).map(([layer, count]) => ({ label: t("layer") + " " + number(layer + 1), colour: colour(layer), count }));
  return { of: (n) => colour(net.data.layer[n]), legend };
}

/** The page's colours as the canvas needs them. */
function pageColours() {
  const probe = h("span", { hidden: true });
  document.body.append(probe);
  const colours = {};
  for (const key of ["page", "raised", "sunken", "line", "line-strong", "text", "quiet", "accent", "accent-soft"]) {
    probe.style.color = "var(--" + key + ")";
    colours[key] = getComputedStyle(probe).color;
  }
  probe.remove();
  return colours;
}
