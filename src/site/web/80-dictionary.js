// The data dictionary: every column and code, filtered as one types, with only the rows in sight drawn.

const ROW_HEIGHT = 46;

pages.dictionary = async (route) => {
  const home = have("home") || (await load("home"));
  await loadIndex();
  const table = { rows: [], texts: [], shown: [], all: home.counts.columns, turn: 0, done: false, codes: route.options.only === "codes", missing: route.options.only === "missing" };
  const filter = h("input.filter.wide-filter", { type: "search", value: route.options.q || "", placeholder: t("filter_dictionary"), "aria-label": t("filter_dictionary"), autocomplete: "off", spellcheck: "false" });
  table.status = h("p.quiet", { role: "status" });
  table.inner = h("div.dict-rows", { role: "rowgroup" });
  table.view = h("div.dict-view", { tabindex: 0, role: "table", "aria-label": t("dictionary"), "aria-colcount": 5 },
    h("div", { role: "rowgroup" }, h("div.dict-row.dict-head", { role: "row", "aria-rowindex": 1 }, ["column", "part", "type", "description", "codes"].map((key) => h("span", { role: "columnheader" }, t(key))))), table.inner);
  const remake = () => {
    table.query = filter.value;
    replaceHash(to.dictionary({ q: filter.value.trim(), only: table.codes ? "codes" : table.missing ? "missing" : "" }));
    filterRows(table);
  };
  filter.addEventListener("input", remake);
  const only = (key, label) => h("button.button", { type: "button", "aria-pressed": String(table[key]), onclick: (e) => { table[key] = !table[key]; e.currentTarget.setAttribute("aria-pressed", String(table[key])); remake(); } }, t(label));
  table.view.addEventListener("scroll", () => drawRowsInSight(table), { passive: true });
  const resize = new ResizeObserver(() => drawRowsInSight(table));
  table.query = filter.value;
  let gone = false;
  const node = h("div.page.dictionary", null,
    h("header.page-head", null, h("h1", null, t("dictionary")),
      h("div.tools", null, filter, only("codes", "only_codes"), only("missing", "only_missing"),
        h("span.downloads", { role: "group", "aria-label": t("downloads") },
          h("a.button", { href: "dictionary.csv", download: "" }, icon("save"), "CSV"), h("a.button", { href: "dictionary.json", download: "" }, "JSON"), h("a.button", { href: "tables/columns.parquet", download: "" }, "Parquet"),
          h("button.button", { type: "button", onclick: () => saveFile("dictionary-filtered.csv", "text/csv;charset=utf-8", csvOf(table.shown.map((k) => table.rows[k]))) }, t("download_shown")))),
      table.status), table.view);
  return {
    title: t("dictionary"), node,
    shown: () => { resize.observe(table.view); loadRows(table, home.pieces.dictionary, () => gone); },
    leave: () => { gone = true; resize.disconnect(); },
    update(next) {
      if ((next.options.q || "") === table.query.trim()) return true;
      filter.value = table.query = next.options.q || "";
      filterRows(table);
      return true;
    },
  };
};

async function loadRows(table, pieces, stale) {
  for (let k = 0; k < pieces; k++) {
    const piece = await load("dictionary/" + k);
    if (stale()) return;
    const from = table.rows.length;
    for (const row of piece) {
      table.rows.push(row);
      table.texts.push(null);
    }
    arrived.delete("dictionary/" + k);
    filterRows(table, from);
    await breathe();
  }
  table.done = true;
  filterRows(table, table.rows.length);
}

// Folded when first looked at, so that a table that nobody filters costs nothing.
function rowText(table, k) {
  if (table.texts[k] == null) {
    const row = table.rows[k];
    table.texts[k] = foldFast([row[2], row[3], row[4], row[5], ix.name[row[0]], ix.label[row[0]], row[7] && row[7].map((code) => code.join(" ")).join(" ")].filter(Boolean).join("\n"));
  }
  return table.texts[k];
}

/** Filters all rows, or those from a number on; in slices, and only the last call counts. */
async function filterRows(table, from) {
  const mine = ++table.turn;
  const wanted = termsOf(table.query || "").map((term) => term.text);
  const start = from && table.from === from ? from : 0;
  const shown = start ? table.shown.slice() : [];
  // Until this look is complete, nobody may go on from it.
  table.from = -1;
  let drawn = performance.now(), told = false;
  for (let k = start; k < table.rows.length; k++) {
    if (k % 4000 === 3999) {
      await breathe();
      if (mine !== table.turn) return;
      // A long look shows what it has found so far.
      if (performance.now() - drawn > 150) {
        showRows(table, shown, !start && !told, true);
        drawn = performance.now();
        told = true;
      }
    }
    const row = table.rows[k];
    if (table.codes && !row[7]) continue;
    if (table.missing && row[5]) continue;
    if (wanted.length) {
      const text = rowText(table, k);
      if (!wanted.every((word) => text.includes(word))) continue;
    }
    shown.push(k);
  }
  table.from = table.rows.length;
  showRows(table, shown, !start && !told, !table.done);
}

function showRows(table, shown, fromTop, more) {
  table.shown = shown;
  if (fromTop) table.view.scrollTop = 0;
  fill(table.status, t("dictionary_count", { a: number(shown.length), b: number(table.all) }), more && " · " + t("loading"));
  table.view.setAttribute("aria-rowcount", shown.length + 1);
  table.inner.style.height = Math.min(shown.length * ROW_HEIGHT, 15000000) + "px";
  table.drawn = null;
  drawRowsInSight(table);
}

function drawRowsInSight(table) {
  const height = table.view.clientHeight || 600;
  const total = table.shown.length;
  // Browsers bound the height of elements; beyond it the scroll bar is scaled.
  const scale = Math.max(1, (total * ROW_HEIGHT) / 15000000);
  const first = Math.max(0, Math.floor((table.view.scrollTop * scale) / ROW_HEIGHT) - 6);
  const last = Math.min(total, first + Math.ceil(height / ROW_HEIGHT) + 14);
  const key = first + ":" + last + ":" + table.turn;
  if (table.drawn === key) return;
  table.drawn = key;
  const rows = [];
  for (let at = first; at < last; at++) {
    const row = dictionaryRow(table.rows[table.shown[at]], at);
    row.style.transform = "translateY(" + (scale === 1 ? at * ROW_HEIGHT : table.view.scrollTop + (at - first - 6) * ROW_HEIGHT) + "px)";
    rows.push(row);
  }
  fill(table.inner, rows);
}

function dictionaryRow([n, i, columnText, label, type, description, inherited, codes], at) {
  return h("div.dict-row", { role: "row", "aria-rowindex": at + 2 },
    h("span", { role: "cell" }, h("a.column-name", { href: to.part(ix.id[n], columnText) }, name(cut(columnText, 120))), label && h("span.column-label", { dir: "auto" }, cut(label, 80))),
    h("span", { role: "cell" }, partLink(n)),
    h("span", { role: "cell" }, type && h("code.type", null, cut(type, 40))),
    h("span.dict-text", { role: "cell", dir: "auto", class: inherited >= 0 ? "quiet" : "", title: description ? plain(cut(description, 600)) : null }, description ? cut(description, 200) : ""),
    h("span.dict-text", { role: "cell", title: codes ? plain(cut(codesText(codes), 600)) : null }, codes ? cut(codesText(codes), 120) : ""));
}

function codesText(codes) {
  return codes.map(([value, meaning]) => (meaning == null ? value : value + "=" + meaning)).join(", ");
}

/** Rows as CSV that opens in Excel: a byte order mark, CRLF, and nothing that a spreadsheet would run. */
function csvOf(rows) {
  const cell = (value) => {
    let text = value == null ? "" : String(value);
    if (/^[=+\-@\t\r]/.test(text)) text = "'" + text;
    return /[",\r\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
  };
  const head = ["part", "column", "label", "type", "description", "inherited_from", "codes"];
  const lines = rows.map((row) => [ix.name[row[0]], row[2], row[3], row[4], row[5], row[6] >= 0 ? ix.name[row[6]] : "", row[7] ? codesText(row[7]) : ""]);
  return "\ufeff" + [head, ...lines].map((line) => line.map(cell).join(",")).join("\r\n") + "\r\n";
}
