// The graph as a file: SVG with real text, or PNG at twice the size.

// The longest side of a PNG; browsers refuse much larger canvases.
const PNG_SIDE = 8000;

/** Gives the browser a file to save. */
function saveFile(fileName, type, content) {
  const address = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  const link = h("a", { href: address, download: fileName, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

function graphFileName(page, ending) {
  const words = [have("home").project, page.options.focus ? ix.name[entity(page.options.focus)] : page.options.select].filter(Boolean).join("-");
  return (words.replace(/[^\p{L}\p{N}_.-]+/gu, "-").slice(0, 80) || "graph") + "." + ending;
}

function exportSvg(page) {
  const { graph } = page, { bounds: b, colours, scene } = graph;
  const margin = 24, family = getComputedStyle(document.body).fontFamily;
  const svg = s("svg", { xmlns: SVG, viewBox: [b.left - margin, b.top - margin, b.right - b.left + margin * 2, b.bottom - b.top + margin * 2].map(Math.round).join(" "), "font-family": family, "font-size": 12.5 });
  svg.append(s("rect", { x: b.left - margin, y: b.top - margin, width: b.right - b.left + margin * 2, height: b.bottom - b.top + margin * 2, fill: colours.page }));
  const lines = s("g", { fill: "none", stroke: colours["line-strong"], "stroke-opacity": 0.6 });
  for (const edge of scene.edges) lines.append(s("path", { d: pathOf(edge) }));
  svg.append(lines);
  for (const node of scene.nodes) svg.append(svgBox(graph, node));
  saveFile(graphFileName(page, "svg"), "image/svg+xml", '<?xml version="1.0" encoding="UTF-8"?>\n' + new XMLSerializer().serializeToString(svg));
}

function pathOf(edge) {
  const pen = { d: "", moveTo(x, y) { this.d += "M" + r(x) + " " + r(y); }, lineTo(x, y) { this.d += "L" + r(x) + " " + r(y); }, bezierCurveTo(...at) { this.d += "C" + at.map(r).join(" "); } };
  trace(pen, edge, false);
  return pen.d;
}

function r(value) {
  return Math.round(value * 10) / 10;
}

function svgBox(graph, node) {
  const { colours } = graph, top = node.y - node.h / 2;
  const text = (content, y, colour, size) => s("text", { x: r(node.x + 15), y: r(y), fill: colour, "font-size": size, "dominant-baseline": "central" }, content);
  graph.context.font = graph.fonts.title;
  const title = fitText(graph, plain(node.title), node.w - 26);
  graph.context.font = graph.fonts.sub;
  return s("g", null, s("title", null, node.n >= 0 ? ix.id[node.n] : node.folder),
    s("rect", { x: r(node.x), y: r(top), width: node.w, height: node.h, rx: 7, fill: colours.raised, stroke: colours.line }),
    s("rect", { x: r(node.x), y: r(top), width: 5, height: node.h, rx: 2, fill: node.colour }),
    text(title, node.rows ? top + BOX.h / 2 : node.sub ? top + 15 : node.y, colours.text, 12.5),
    node.sub && text(fitText(graph, plain(node.sub), node.w - 26), top + 31, colours.quiet, 11.5),
    (node.rows || []).map((row, k) => text(fitText(graph, plain(row.name) + (row.label ? "  " + plain(row.label) : ""), node.w - 26), top + BOX.h + (k + 0.5) * BOX.row, colours.text, 11.5)));
}

function exportPng(page) {
  const { graph } = page, { bounds: b } = graph;
  const width = b.right - b.left + 48, height = b.bottom - b.top + 48;
  const k = Math.min(2, PNG_SIDE / width, PNG_SIDE / height);
  const canvas = h("canvas", { width: Math.max(1, Math.round(width * k)), height: Math.max(1, Math.round(height * k)) });
  // The same drawing, on another canvas and with a camera that sees everything.
  drawGraph({ ...graph, canvas, context: canvas.getContext("2d", { alpha: false }), ratio: 1, width: canvas.width, height: canvas.height, camera: { k, x: (24 - b.left) * k, y: (24 - b.top) * k }, chosen: null, hovered: null, lit: null, chosenRow: null, cuts: new Map() }, false);
  canvas.toBlob((blob) => { if (blob) saveFile(graphFileName(page, "png"), "image/png", blob); }, "image/png");
}
