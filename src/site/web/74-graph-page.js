// The graph's page: its bar of choices, the canvas, the legend, the card of the chosen node, and the same as a list.

pages.graph = async (route) => {
  await loadGraph();
  const page = { options: route.options, turn: 0, busy: null };
  page.canvas = h("canvas.graph-canvas", { tabindex: 0, role: "application", "aria-roledescription": t("graph"), "aria-describedby": "graph-keys" });
  page.status = h("p.graph-status", { role: "status" });
  page.legend = h("ul.legend-list");
  page.card = h("div.graph-card", { hidden: true });
  page.tip = h("div.graph-tip", { hidden: true, "aria-hidden": "true" });
  page.list = h("div.graph-list");
  page.bar = h("div.graph-bar");
  page.legendBox = h("details.legend", { open: innerWidth > 1200 }, h("summary", null, t("legend")), page.legend);
  const stage = h("div.graph-stage", null, page.canvas, page.status, page.card, page.tip, page.legendBox,
    h("div.zoom", null, zoomButton("plus", "zoom_in", () => zoomAt(page.graph, page.graph.width / 2, page.graph.height / 2, 1.3)), zoomButton("minus", "zoom_out", () => zoomAt(page.graph, page.graph.width / 2, page.graph.height / 2, 1 / 1.3)), zoomButton("fit", "fit", () => fitGraph(page.graph))));
  const node = h("div.graph-page", null, h("h1.sr", null, t("graph")), page.bar, stage, h("p#graph-keys.graph-keys", null, t("graph_keys")),
    h("details.graph-as-list", { ontoggle: (e) => { page.listed = e.target.open; if (page.listed) drawList(page); } }, h("summary", null, t("graph_list")), page.list));
  page.graph = makeGraph(page.canvas, {
    choose: (chosen, row) => chooseInGraph(page, chosen, row),
    open: (chosen, row) => { location.hash = chosen.n < 0 ? folderGraph(page, chosen) : to.part(ix.id[chosen.n], row == null ? null : chosen.rows[row].name); },
    focus: (chosen) => { location.hash = chosen.n < 0 ? to.graph({ select: "+path:" + quoted(chosen.folder) + "+", view: "folders", by: page.options.by }) : to.graph({ focus: ix.id[chosen.n], by: page.options.by, columns: page.options.columns }); },
    hover: (hovered, event) => showTip(page, hovered, event),
    retheme: () => recolour(page),
    // The open legend lies over the canvas.
    cover: () => (page.legendBox.open && page.graph.width > 900 ? { width: page.legendBox.offsetWidth, height: page.legendBox.offsetHeight } : { width: 0, height: 0 }),
  });
  await showGraph(page);
  return {
    title: graphTitle(page), node, wide: true,
    update(next) { page.options = next.options; showGraph(page).then(() => setTitle(graphTitle(page))); return true; },
    shown: () => { measure(page.graph); bringFocus(page); },
    leave: () => page.graph.stop(),
  };
};

function graphTitle(page) {
  const focus = page.options.focus ? entity(page.options.focus) : -1;
  return t("graph") + (focus >= 0 ? " – " + ix.name[focus] : page.options.select ? " – " + page.options.select : "");
}

async function showGraph(page) {
  const mine = ++page.turn;
  drawBar(page);
  const scene = await makeScene(page.options);
  if (mine !== page.turn) return;
  page.card.hidden = true;
  page.graph.scene = scene;
  recolour(page);
  setScene(page.graph, scene);
  const n = number(scene.nodes.length), m = number(scene.edges.length);
  fill(page.status, scene.error ? h("span.chip.warn", null, scene.error) : h("span", null, t("graph_count", { n, m })), scene.note && h("span.quiet", null, " · " + scene.note));
  page.canvas.setAttribute("aria-label", t("graph_label", { n, m }));
  if (page.listed) drawList(page);
  const focus = scene.nodes.find((node) => node.n === scene.focus && scene.focus >= 0);
  if (focus) {
    const row = page.options.column && focus.rows ? focus.rows.findIndex((r) => r.name === page.options.column) : -1;
    pick(page.graph, focus, row >= 0 ? row : null);
    // Whoever comes from a part's page knows the part: its card would only cover the graph.
    if (row < 0) page.card.hidden = true;
  }
  bringFocus(page);
  paint(page.graph, true);
}

// Where all of the graph is too small to read, what is in focus is shown nearer.
function bringFocus(page) {
  const { graph } = page;
  if (graph.chosen && graph.width && graph.camera.k < TEXT_FROM) bring(graph, graph.chosen, true);
}

function recolour(page) {
  const { scene } = page.graph;
  const shown = scene.nodes.flatMap((node) => (node.n < 0 ? node.inside : [node.n]));
  const colours = colouring(page.options.by || "kind", shown);
  for (const node of scene.nodes) node.colour = node.n >= 0 ? colours.of(node.n) : mostOf(node.inside.map(colours.of));
  fill(page.legend, colours.legend.slice(0, 14).map((entry) => h("li", null, h("span.swatch", { style: { background: entry.colour } }), name(cut(String(entry.label), 40)), h("span.count", null, number(entry.count)))));
}

function mostOf(list) {
  const counts = new Map();
  let best = list[0];
  for (const item of list) { counts.set(item, (counts.get(item) || 0) + 1); if (counts.get(item) > counts.get(best)) best = item; }
  return best;
}

function zoomButton(iconName, label, action) {
  return h("button.icon-button", { type: "button", "aria-label": t(label), title: t(label), onclick: action }, icon(iconName));
}

/** Goes to the same graph with some options changed. */
function changeGraph(page, changes) {
  const next = { ...page.options, ...changes };
  for (const key in next) if (next[key] == null || next[key] === "") delete next[key];
  location.hash = to.graph(next);
}

function drawBar(page) {
  const options = page.options, view = viewOfGraph(options);
  const kept = page.bar.contains(document.activeElement) ? document.activeElement.id : null;
  const selector = h("input", { id: "graph-select", type: "text", value: options.select || "", placeholder: t("selector_hint"), "aria-label": t("selector"), autocomplete: "off", autocapitalize: "none", spellcheck: "false" });
  const choice = (key, active, changes) => h("button.button", { type: "button", id: "graph-view-" + key, "aria-pressed": String(active), onclick: () => changeGraph(page, changes) }, t("view_" + key));
  fill(page.bar,
    h("form.graph-form", { onsubmit: (e) => { e.preventDefault(); changeGraph(page, { select: selector.value.trim(), focus: selector.value.trim() ? null : options.focus, columns: null, column: null }); } },
      h("label", { for: "graph-select" }, t("selector")), selector),
    finder(page),
    h("div.segments", { role: "group", "aria-label": t("view") }, choice("parts", view === "parts", { view: "parts", columns: null, column: null }), choice("folders", view === "folders", { view: "folders", columns: null, column: null }),
      options.focus && choice("columns", view === "columns", { columns: 1, view: null })),
    options.focus && !options.select && labelled("graph-steps", "steps", [["1", "±1"], ["2", "±2"], ["3", "±3"], ["5", "±5"], ["all", "∞"]], options.steps || "2", (value) => changeGraph(page, { steps: value === "2" ? null : value })),
    labelled("graph-by", "colour_by", COLOURINGS.filter((by) => by !== "freshness" || net.data.freshness).map((by) => [by, t("by_" + by)]), options.by || "kind", (value) => changeGraph(page, { by: value === "kind" ? null : value })),
    (options.focus || options.select) && h("a.button", { href: to.graph({ by: options.by }) }, t("whole")),
    h("div.export", { role: "group", "aria-label": t("export") }, h("button.button", { type: "button", onclick: () => exportSvg(page) }, icon("save"), "SVG"), h("button.button", { type: "button", onclick: () => exportPng(page) }, "PNG")));
  const again = kept && document.getElementById(kept);
  if (again) again.focus();
}

function labelled(id, key, choices, value, change) {
  return h("div.graph-field", null, h("label", { for: id }, t(key)), h("select", { id, onchange: (e) => change(e.target.value) }, choices.map(([option, label]) => h("option", { value: option, selected: option === value }, label))));
}

// Finding a node of the shown graph by name; where it isn't in it, its neighbourhood is shown instead.
function finder(page) {
  const list = h("div.choices", { id: "graph-found", hidden: true });
  const input = h("input", { id: "graph-find", type: "search", placeholder: t("focus_hint"), "aria-label": t("focus_hint"), "aria-controls": "graph-found", autocomplete: "off", autocapitalize: "none", spellcheck: "false" });
  const go = (n) => {
    list.hidden = true;
    const node = page.graph.scene.nodes.find((other) => other.n === n);
    if (!node) return changeGraph(page, { focus: ix.id[n], select: null, view: null });
    pick(page.graph, node);
    bring(page.graph, node, true);
    page.canvas.focus();
  };
  const hits = () => {
    if (!found.entities) found.entities = prepareEntities();
    return searchNow(input.value, { parts: 8, columns: 0, codes: 0 }).parts;
  };
  input.addEventListener("input", () => {
    const rows = input.value.trim() ? hits() : [];
    list.hidden = !rows.length;
    fill(list, rows.map(({ n }) => h("button.choice", { type: "button", onclick: () => go(n) }, kindDot(n), h("span.choice-name", null, name(cut(ix.name[n], 100))), ix.label[n] && h("span.choice-label", null, name(cut(ix.label[n], 60))))));
  });
  const box = h("form.graph-finder", { onsubmit: (e) => { e.preventDefault(); const first = hits()[0]; if (first) go(first.n); } }, icon("search"), input, list);
  box.addEventListener("keydown", (e) => {
    if (e.key === "Escape") list.hidden = true;
    if (e.key !== "ArrowDown" && e.key !== "ArrowUp") return;
    e.preventDefault();
    const items = Array.from(list.querySelectorAll("button"));
    const at = items.indexOf(document.activeElement) + (e.key === "ArrowDown" ? 1 : -1);
    (items[at] || input).focus();
  });
  box.addEventListener("focusout", () => setTimeout(() => { if (!box.contains(document.activeElement)) list.hidden = true; }, 120));
  return box;
}

function chooseInGraph(page, node, row) {
  page.card.hidden = !node;
  if (!node) return;
  const up = (page.graph.ups.get(node) || []).length, down = (page.graph.downs.get(node) || []).length;
  const column = row == null ? null : node.rows[row];
  const kind = node.n < 0 ? t("folders") : tWord("kind_", kindOf(node.n));
  announce(t("graph_node", { name: column ? node.title + "." + column.name : node.title, kind, up: number(up), down: number(down) }));
  fill(page.card,
    h("div.graph-card-head", null, h("strong", null, name(cut(column ? node.title + "." + column.name : node.title, 160))), h("button.icon-button", { type: "button", "aria-label": t("close"), onclick: () => { pick(page.graph, null); page.canvas.focus(); } }, icon("close"))),
    node.n >= 0 && ix.label[node.n] && !column && h("p.quiet", { dir: "auto" }, cut(ix.label[node.n], 120)),
    column && column.label && h("p.quiet", { dir: "auto" }, cut(column.label, 120)),
    node.n >= 0 && ix.short[node.n] && !column && h("p", { dir: "auto" }, cut(ix.short[node.n], 160)),
    h("p.quiet", null, [kind, node.n >= 0 && materializedOf(node.n), node.n >= 0 && ownerOf(node.n)].filter(Boolean).map((text) => cut(text, 40)).join(" · ")),
    h("p.quiet", null, "↑ " + number(up) + "  ↓ " + number(down)),
    h("div.tools", null, node.n >= 0 ? [
      h("a.button.small", { href: to.part(ix.id[node.n], column ? column.name : null) }, t("open")),
      h("a.button.small", { href: to.graph(column ? { focus: ix.id[node.n], columns: 1, column: column.name, by: page.options.by } : { focus: ix.id[node.n], by: page.options.by }) }, t(column ? "column_graph" : "steps")),
    ] : [h("a.button.small", { href: folderGraph(page, node) }, t("open")), h("a.button.small", { href: to.folder(node.folder) }, t("graph_list"))]));
}

// A folder opens as folders again if there is much in it.
function folderGraph(page, node) {
  const deeper = node.inside.length > 150 && new Set(node.inside.map(folderOf)).size > 1;
  return to.graph({ select: "path:" + quoted(node.folder), view: deeper ? "folders" : "parts", by: page.options.by });
}

function showTip(page, node, event) {
  const show = node && event && event.pointerType === "mouse" && page.graph.camera.k < TEXT_FROM + 0.2;
  page.tip.hidden = !show;
  if (!show) return;
  fill(page.tip, h("strong", null, name(cut(node.title, 120))), node.n >= 0 && ix.label[node.n] && h("span.quiet", null, cut(ix.label[node.n], 80)));
  page.tip.style.left = Math.min(event.offsetX + 14, page.graph.width - 240) + "px";
  page.tip.style.top = Math.min(event.offsetY + 14, page.graph.height - 60) + "px";
}

// The graph without a canvas: every node with what it reads and what reads it.
function drawList(page, limit) {
  const { scene, ups, downs } = page.graph;
  const most = limit || 200;
  const linkTo = (node) => (node.n >= 0 ? partLink(node.n) : h("a", { href: to.folder(node.folder) }, name(node.title)));
  const others = (edges, end) => { const list = Array.from(new Set((edges || []).map((edge) => edge[end]))); return h("ul.inline", null, list.slice(0, 20).map((node) => h("li", null, linkTo(node))), list.length > 20 && h("li.quiet", null, "+" + number(list.length - 20))); };
  const sorted = scene.nodes.slice().sort((a, b) => a.layer - b.layer || (a.title < b.title ? -1 : 1));
  fill(page.list, h("div.scroll", { tabindex: 0, role: "region", "aria-label": t("graph_list") }, h("table.plain", null,
    h("thead", null, h("tr", null, ["name", "upstream", "downstream"].map((key) => h("th", { scope: "col" }, t(key))))),
    h("tbody", null, sorted.slice(0, most).map((node) => h("tr", null, h("th", { scope: "row" }, linkTo(node)), h("td", null, others(ups.get(node), "a")), h("td", null, others(downs.get(node), "b"))))))),
  sorted.length > most && h("button.button", { type: "button", onclick: () => drawList(page, most + 400) }, t("show_more", { n: number(Math.min(400, sorted.length - most)) })));
}
