// Home: what the project is, how well it is looked after, and what is new.

pages.home = async () => {
  const home = have("home") || (await load("home"));
  const n = home.counts;
  const node = h("div.page.home", null,
    h("header.page-head", null,
      h("h1", null, name(home.project)),
      home.description && prose(home.description, 1),
      h("p.quiet", null, [home.dialect, home.target, "buhin " + home.buhin].filter(Boolean).join(" · "))),
    h("dl.tiles", null, ["parts", "sources", "seeds", "snapshots", "columns", "tests", "exposures"].filter((key) => n[key] != null).map((key) =>
      h("div.tile", null, h("dt", null, t("count_" + key)), h("dd", null, number(n[key]))))),
    h("div.cards", null,
      coverageCard(home.coverage), runCard(home.run), changedCard(home.changed), warningsCard(home.warnings), layersCard(home.layers),
      barsCard("materializations", home.materializations, (label) => "config.materialized:" + label),
      barsCard("owners", home.owners, (label) => "owner:" + quoted(label), n.owners), exposuresCard(home.exposures, n.exposures), filesCard(home.files)));
  return { title: "", node };
};

function card(title, ...content) {
  return h("section.card", null, h("h2", null, title), ...content);
}

/** A bar of a share, with its text beside it: the text says all that the bar says. */
function bar(part, whole, tone) {
  return h("span.bar", { "aria-hidden": "true" }, h("span.bar-fill", { class: tone || "", style: { width: percent(part, whole) + "%" } }));
}

function coverageCard(coverage) {
  if (!coverage) return null;
  return card(t("coverage"), h("dl.measures", null, ["described", "columns", "inherited", "tested", "owned"].filter((key) => coverage[key]).map((key) => {
    const [part, whole] = coverage[key];
    return h("div.measure", { class: key === "inherited" ? "lesser" : "" },
      h("dt", null, t("cover_" + key)),
      h("dd", null, bar(part, whole), h("span.measure-value", null, percent(part, whole) + "%"), h("span.measure-note", null, number(part) + " / " + number(whole))));
  })));
}

function runCard(run) {
  if (!run) return null;
  const tones = { passed: "good", warned: "warn", failed: "bad", errors: "bad", skipped: "" };
  const all = Object.keys(tones).reduce((sum, key) => sum + (run[key] || 0), 0);
  return card(t("last_run"), run.at && h("p.quiet", null, when(run.at)),
    h("div.stack", { "aria-hidden": "true" }, Object.keys(tones).filter((key) => run[key]).map((key) => h("span.stack-part", { class: tones[key], style: { "flex-grow": run[key] / all } }))),
    h("ul.figures", null, Object.keys(tones).filter((key) => run[key] || key === "passed").map((key) =>
      h("li", null, h("span.dot", { class: tones[key], "aria-hidden": "true" }), h("strong", null, number(run[key] || 0)), " " + t(key)))));
}

function changedCard(changed) {
  if (!changed || !changed.count) return null;
  return card(t("whats_new"), h("ul.lines", null, changed.first.map((change) => h("li", null,
    change.id ? h("a", { href: to.part(change.id) }, name(cut(change.name, 120))) : name(cut(change.name, 120)),
    h("span.chip", { class: change.what === "added" ? "good" : change.what === "removed" ? "bad" : "" }, tWord("change_", change.what))))), moreOf(changed.count, changed.first.length));
}

/** How many there are besides those that are shown. */
function moreOf(all, shown) {
  return all > shown && h("p.quiet", null, t("and_more", { n: number(all - shown) }));
}

function warningsCard(warnings) {
  if (!warnings || !warnings.length) return null;
  return card(t("warnings"), warnings.map((warning) => {
    const inside = h("div.fold-inside");
    return h("details.fold", { ontoggle: async (e) => {
      if (!e.target.open || inside.childNodes.length) return;
      await loadIndex();
      inside.append(h("ul.lines", null, warning.parts.map((n) => h("li", null, h("a", { href: to.part(ix.id[n]) }, name(cut(ix.name[n], 120)))))));
    } }, h("summary", null, h("code.code-id", null, warning.code), h("span.fold-title", null, warning.title), h("span.count", null, number(warning.count))), inside);
  }));
}

function layersCard(layers) {
  if (!layers || !layers.length) return null;
  const most = Math.max(...layers.map((layer) => layer.parts));
  return card(t("layers"), h("div.scroll", { tabindex: 0, role: "region", "aria-label": t("layers") }, h("table.plain", null,
    h("thead", null, h("tr", null, h("th", { scope: "col" }, t("layer")), h("th.num", { scope: "col" }, t("parts")), h("th.num", { scope: "col" }, t("described")), h("th.num", { scope: "col" }, t("tested")))),
    h("tbody", null, layers.slice(0, 60).map((layer) => h("tr", null,
      h("th", { scope: "row" }, name(cut(layer.name, 60)), bar(layer.parts, most)),
      h("td.num", null, number(layer.parts)), h("td.num", null, percent(layer.described, layer.parts) + "%"), h("td.num", null, percent(layer.tested, layer.parts) + "%")))))), moreOf(layers.length, 60));
}

function barsCard(key, pairs, select, all) {
  if (!pairs || !pairs.length) return null;
  const most = Math.max(...pairs.map((pair) => pair[1]));
  return card(t(key), h("ul.bars", null, pairs.slice(0, 20).map(([label, count]) => h("li", null,
    h("a.bars-name", { href: to.graph({ select: select(label) }) }, name(cut(String(label), 60))), bar(count, most), h("span.measure-value", null, number(count))))), moreOf(all || pairs.length, Math.min(pairs.length, 20)));
}

const FILE_NOTES = { "manifest.json": "file_manifest", "dictionary.csv": "file_sheet", "dictionary.json": "file_dictionary", "lineage.json": "file_lineage", "openlineage.json": "file_lineage", tables: "file_table" };

// What other tools can read beside these pages.
function filesCard(files) {
  if (!files || !files.length) return null;
  return card(t("for_tools"), h("ul.lines", null, files.map((file) => h("li", null,
    h("a", { href: encodeURI(file), download: "" }, h("code", null, file)), h("span.quiet", null, t(FILE_NOTES[file.split("/")[0]] || "file_data"))))));
}

function exposuresCard(exposures, all) {
  if (!exposures || !exposures.length) return null;
  return card(t("used_by"), h("ul.lines", null, exposures.map((exposure) => h("li", null,
    h("a", { href: to.part(exposure.id) }, name(cut(exposure.label || exposure.name, 120))),
    safeLink(exposure.url) && h("a", { href: safeLink(exposure.url), rel: "noopener noreferrer", target: "_blank", "aria-label": t("open") + ": " + plain(exposure.label || exposure.name) }, "↗"),
    h("span.chip", null, exposure.type), exposure.owner && h("span.quiet", null, exposure.owner)))), moreOf(all, exposures.length));
}
