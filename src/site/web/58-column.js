// The panel of one column: what it means, and where its values come from and go to.

let panel = null;

/** Opens the panel for a column of the part, or closes it if no column is named. */
function showColumn(part, columnName, view, first) {
  const index = columnName == null ? -1 : part.columns.findIndex((column) => column.name === columnName);
  for (const row of document.querySelectorAll("tr[data-column]")) row.classList.toggle("chosen", +row.dataset.column === index);
  if (index < 0) {
    const had = panel;
    closePanel();
    setTitle(part.name);
    if (had && had.opener && had.opener.isConnected) had.opener.focus();
    return;
  }
  const column = part.columns[index];
  const opener = panel ? panel.opener : document.activeElement && document.activeElement.closest("#main") ? document.activeElement : null;
  closePanel();
  const heading = h("h2.panel-title", { id: "panel-title", tabindex: -1 }, h("span.panel-part", null, name(cut(part.name, 120))), name(cut(column.name, 500)));
  const node = h("section.panel", { role: "dialog", "aria-labelledby": "panel-title", onkeydown: (e) => { if (e.key === "Escape") location.hash = to.part(part.id); } },
    h("div.panel-head", null, heading, h("a.icon-button", { href: to.part(part.id), "aria-label": t("close") }, icon("close"))),
    h("div.panel-body", null,
      column.label && h("p.part-label", { dir: "auto" }, cut(column.label, 500)),
      h("p.chips", null, column.type && h("code.type", null, cut(column.type, 200)), column.nullable === false && h("span.chip", null, t("not_null")), column.nullable === true && h("span.chip", null, t("nullable")), testChips(part, column.tests || []),
        (column.tags || []).map((tag) => h("span.chip", null, "#" + cut(tag, 60)))),
      column.description ? columnText(column) : h("p.quiet", null, t("no_description")),
      column.codes && h("section", null, h("h3", null, t("codes")), codeList(column.codes.slice(0, 200), column.codes.length > 200 && column.codes.length),
        column.codes_from && h("a.mini", { href: to.part(ix.id[column.codes_from.n], column.codes_from.column) }, t("codes_from", { name: cut(ix.name[column.codes_from.n], 60) }))),
      column.expr && h("section", null, h("h3", null, t("expression")), h("p.chips", null, column.kind && h("span.chip", null, tWord("transform_", column.kind)),
        column.expr.line && h("button.link-button", { type: "button", onclick: () => { if (innerWidth < 1100) location.hash = to.part(part.id); setTimeout(() => showCodeLine(column.expr.line), 60); } }, t("line", { n: number(column.expr.line) }))), expression(column.expr.text)),
      unknownNote(column),
      h("section", null, h("h3", null, t("values_from")), walk(part, index, "from")),
      h("section", null, h("h3", null, t("values_to")), walk(part, index, "to")),
      panelShape(part, index),
      h("p", null, h("a.button", { href: to.graph({ focus: part.id, columns: 1, column: column.name }) }, icon("graph"), t("column_graph")))));
  document.querySelector(".frame").append(node);
  document.body.classList.add("panel-open");
  panel = { node, opener };
  setTitle(part.name + "." + column.name);
  view.keepFocus = true;
  if (!first || innerWidth >= 1100) heading.focus({ preventScroll: true });
  announce(t("column") + " " + column.name);
}

function closePanel() {
  if (!panel) return;
  panel.node.remove();
  document.body.classList.remove("panel-open");
  panel = null;
}

function expression(text) {
  return h("pre.expr", { tabindex: 0, translate: "no", "aria-label": t("expression") }, cut(text, 4000));
}

function unknownNote(column) {
  if (!column.unknown || !column.unknown.length) return null;
  return h("div.note.warn", null, h("strong", null, t("unknown_origin")), h("ul", null, column.unknown.slice(0, 20).map((why) => h("li", { dir: "auto" }, cut(why, 1000)))));
}

function panelShape(part, index) {
  const decides = (part.shape_to || []).filter((step) => step.column_index === index);
  return [
    part.shape && part.shape.length > 0 && h("section", null, h("h3", null, t("shape_from")), h("ul.shape", null, part.shape.slice(0, 40).map((step) => h("li", null, h("span.chip", null, tWord("role_", step.role)), " ",
      step.n == null ? name(cut((step.outside || "") + "." + step.column, 120)) : columnLink(step.n, step.column))))),
    decides.length > 0 && h("section", null, h("h3", null, t("shape_to")), h("ul.shape", null, decides.slice(0, 60).map((step) => h("li", null, h("span.chip", null, tWord("role_", step.role)), " ", partLink(step.n)))))];
}

function columnLink(n, columnName) {
  return h("a.column-link", { href: to.part(ix.id[n], columnName) }, kindDot(n), h("span.column-part", null, name(cut(ix.name[n], 120))), h("strong", null, name(cut(columnName, 120))));
}
