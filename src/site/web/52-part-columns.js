// A part's columns and tests, as tables.

// Rows shown before the reader asks for all.
const COLUMN_LIMIT = 200;

function partColumns(part) {
  if (!part.columns.length) return null;
  const rows = part.columns.map((column, i) => ({ column, i, text: fold([column.name, column.label, column.type].filter(Boolean).join(" ")) }));
  const body = h("tbody"), more = h("p");
  let limit = COLUMN_LIMIT, wanted = "";
  const draw = () => {
    const shown = wanted ? rows.filter((row) => row.text.includes(wanted)) : rows;
    fill(body, shown.slice(0, limit).map((row) => columnRow(part, row.column, row.i)));
    fill(more, shown.length > limit && h("button.button", { type: "button", onclick: () => { limit = Infinity; draw(); } }, t("show_all", { n: number(shown.length) })));
  };
  draw();
  const filter = rows.length > 12 && h("input.filter", { type: "search", "aria-label": t("filter_columns"), placeholder: t("filter_columns"), autocomplete: "off", spellcheck: "false",
    oninput: (e) => { wanted = fold(e.target.value.trim()); draw(); } });
  const hasTypes = part.columns.some((column) => column.type);
  return [filter && h("div.tools", null, filter),
    h("div.scroll", { tabindex: 0, role: "region", "aria-label": t("columns") }, h("table.plain.columns-table", { class: hasTypes ? "" : "no-types" },
      h("thead", null, h("tr", null, ["column", "type", "description", "tests"].map((key) => h("th", { scope: "col" }, t(key))))), body)), more];
}

function columnRow(part, column, i) {
  return h("tr", { "data-column": i },
    h("th", { scope: "row" }, h("a.column-name", { href: to.part(part.id, column.name) }, name(column.name)), column.label && h("span.column-label", { dir: "auto" }, column.label)),
    h("td", null, column.type && h("code.type", null, column.type), column.nullable === false && h("span.mini", null, t("not_null"))),
    h("td", null, columnText(column), column.codes && codeList(column.codes.slice(0, 8), column.codes.length > 8 && column.codes.length)),
    h("td", null, testChips(part, column.tests || [])));
}

/** The column's description, with where it was inherited from. */
function columnText(column) {
  if (!column.description) return null;
  return h("div", { class: column.inherited ? "inherited" : "" }, prose(column.description, 3),
    column.inherited && h("a.mini", { href: to.part(ix.id[column.inherited.n], column.inherited.column) }, t("inherited_from", { name: cut(ix.name[column.inherited.n], 60) })));
}

function codeList(codes, total) {
  // Values whose meaning nobody wrote fit on a line.
  if (codes.every((code) => code.meaning == null)) return h("p.chips.codes-only", null, codes.map((code) => h("code.type", null, cut(String(code.value), 60))), total && h("span.quiet", null, "…"));
  return h("dl.codes", null, codes.map((code) => h("div", null, h("dt", null, h("code", null, cut(String(code.value), 60))), h("dd", { dir: "auto" }, code.meaning == null ? "–" : cut(String(code.meaning), 300)))),
    total && h("div.quiet", null, h("dt", null, "…"), h("dd", null, t("show_all", { n: number(total) }))));
}

function testChips(part, tests) {
  if (!tests.length) return null;
  return h("span.chips", null, tests.map((index) => part.tests[index]).filter(Boolean).map((test) =>
    h("span.chip", { class: TONES[test.status] || "", title: plain(cut(test.name, 200)) }, cut(test.says || test.name, 48), test.status && h("span.sr", null, " " + t("status_" + test.status)))));
}

function partTests(part) {
  if (!part.tests.length) return null;
  const sorted = part.tests.slice().sort((a, b) => rankOf(b) - rankOf(a));
  return h("div.scroll", { tabindex: 0, role: "region", "aria-label": t("tests") }, h("table.plain", null,
    h("thead", null, h("tr", null, ["status", "test", "column", "severity"].map((key) => h("th", { scope: "col" }, t(key))))),
    h("tbody", null, sorted.slice(0, 500).map((test) => h("tr", null,
      h("td", null, h("span.chip", { class: TONES[test.status] || "" }, t("status_" + (test.status || "none"))), test.failures > 0 && h("span.mini", null, t("failures", { n: number(test.failures) }))),
      h("td", null, name(cut(test.says || test.name, 200)), test.says && test.says !== test.name && h("div.mini.wrap", null, cut(test.name, 300)), test.message && h("pre.message", { tabindex: 0 }, cut(test.message, 2000))),
      h("td", null, test.column != null && part.columns[test.column] && h("a", { href: to.part(part.id, part.columns[test.column].name) }, name(cut(part.columns[test.column].name, 80)))),
      h("td", null, test.severity || ""))))));
}

function rankOf(test) {
  return { error: 4, fail: 3, warn: 2, skipped: 1 }[test.status] || 0;
}

function partComplexity(part) {
  if (!part.complexity || !part.complexity.length) return null;
  return h("dl.measures.narrow", null, part.complexity.map((measure) => {
    const share = measure.share == null ? null : Math.max(0, measure.share);
    const tone = share == null ? "" : share >= 1 ? "bad" : share >= 0.75 ? "warn" : "good";
    const source = measure.source && safeLink(measure.source) && /^https?:/i.test(measure.source);
    return h("div.measure", null,
      h("dt", null, language() === "ja" && measure.title_ja ? measure.title_ja : measure.title),
      h("dd", null, bar(Math.min(share || 0, 1), 1, tone), h("span.measure-value", null, asNumber(measure.value)),
        h("span.measure-note", null, measure.limit ? t("limit", { limit: asNumber(measure.limit) }) : t("no_limit"), source && [" ", h("a", { href: measure.source, rel: "noopener noreferrer", target: "_blank", "aria-label": t("limit", { limit: measure.name }) }, "↗")])),
      measure.source && !source && h("dd.measure-source", null, cut(measure.source, 300)));
  }));
}

function asNumber(text) {
  return /^\d+$/.test(text) ? number(+text) : String(text);
}
