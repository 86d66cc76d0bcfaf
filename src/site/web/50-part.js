// A part's page: its sections one below the other, and the panel of a column beside it.

pages.part = async (route) => {
  await loadIndex();
  const n = entity(route.rest[0]);
  if (n < 0) return missing();
  const part = await loadPart(n);
  const sections = [
    ["overview", partOverview(part)], ["columns", partColumns(part)], ["lineage", partLineage(part)],
    ["code", partCode(part)], ["tests", partTests(part)], ["complexity", partComplexity(part)], ["details", partDetails(part)],
  ].filter((section) => section[1]);
  const node = h("div.page.part", null, partHead(part), sectionLinks(sections),
    sections.map(([key, content]) => h("section.section", { id: "s-" + key, "aria-labelledby": "t-" + key },
      h("h2", { id: "t-" + key, tabindex: -1 }, t(key), key === "columns" && h("span.count", null, number(part.columns.length)), key === "tests" && h("span.count", null, number(part.tests.length))), content)));
  const view = {
    title: part.name, node, folder: folderOf(n), n,
    update(next) {
      if (next.rest[0] !== route.rest[0]) return false;
      showColumn(part, next.rest[1], view);
      return true;
    },
    shown: () => showColumn(part, route.rest[1], view, true),
    leave: () => closePanel(),
  };
  watchSections(node);
  return view;
};

function partHead(part) {
  return h("header.page-head", null, crumbs(folderOf(part.n)),
    h("div.title-line", null, h("h1.part-name", null, name(part.name)), h("span.chip.kind-chip", { class: "kind-" + part.kind }, tWord("kind_", part.kind))),
    part.label && h("p.part-label", { dir: "auto" }, part.label),
    h("div.tools", null,
      h("a.button", { href: to.graph({ focus: part.id }) }, icon("graph"), t("show_in_graph")),
      part.relation && copyButton(part.relation)),
    part.deprecated && h("p.note.warn", null, t("deprecated") + ": " + when(part.deprecated)));
}

/** A button that copies a text and says so. */
function copyButton(text) {
  const label = h("span", null, cut(text, 90));
  return h("button.button.copy", { type: "button", "aria-label": t("copy") + " " + plain(text), onclick: async () => {
    if (!(await copyText(text))) return;
    fill(label, t("copied"));
    setTimeout(() => fill(label, cut(text, 90)), 1200);
  } }, icon("copy"), label);
}

/** Copies a text and says so; false if the browser refuses. */
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch (_) {
    // Some browsers have no clipboard for pages from a disk; the old way works there.
    const area = h("textarea.sr", { "aria-hidden": "true", tabindex: -1 });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (!done) return false;
  }
  announce(t("copied"));
  return true;
}

function sectionLinks(sections) {
  return h("nav.section-links", { "aria-label": t("sections") }, sections.map(([key]) => h("button.section-link", { type: "button", "data-section": key, onclick: () => {
    const heading = document.getElementById("t-" + key);
    heading.scrollIntoView({ behavior: calm() ? "auto" : "smooth", block: "start" });
    heading.focus({ preventScroll: true });
  } }, t(key))));
}

// Marks the section that one is in.
function watchSections(node) {
  const links = new Map(Array.from(node.querySelectorAll(".section-link")).map((link) => ["s-" + link.dataset.section, link]));
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) {
      for (const link of links.values()) link.removeAttribute("aria-current");
      links.get(entry.target.id).setAttribute("aria-current", "true");
    }
  }, { rootMargin: "-15% 0px -75% 0px" });
  for (const section of node.querySelectorAll(".section")) watcher.observe(section);
}

function partOverview(part) {
  const facts = [
    ["owner", part.owner && h("span", null, name(part.owner.name || part.owner.email), part.owner.email && part.owner.name && [" ", h("a", { href: "mailto:" + encodeURIComponent(part.owner.email).replace("%40", "@") }, part.owner.email)])],
    ["group", part.group && name(part.group)],
    ["tags", part.tags.length && h("span.chips", null, part.tags.map((tag) => h("a.chip", { href: to.graph({ select: "tag:" + quoted(tag) }) }, name(cut(tag, 60)))))],
    ["materialized", part.materialized && h("span", null, h("strong", null, name(part.materialized)), part.auto && h("span.quiet", null, " – " + t("chosen")))],
    ["why", part.reason && h("span", { dir: "auto" }, (language() === "ja" && part.reason_ja) || part.reason)],
    ["address", safeLink(part.url) && h("a", { href: safeLink(part.url), rel: "noopener noreferrer", target: "_blank" }, cut(part.url, 200))],
    ["freshness", part.freshness && h("span", null, h("span.chip", { class: TONES[part.freshness.status] || "" }, tWord("fresh_", part.freshness.status)), " ",
      part.freshness.at && h("span.quiet", null, t("checked_at", { when: when(part.freshness.at), after: part.freshness.warn_after || "–" })))],
    ["rows", part.facts && part.facts.rows != null && number(part.facts.rows)],
    ["size", part.facts && part.facts.bytes != null && bytes(part.facts.bytes)],
    ["modified", part.facts && part.facts.modified && when(part.facts.modified)],
    ["exposures", part.exposures && part.exposures.length && h("span.chips", null, part.exposures.slice(0, 40).map(partLink))],
  ].filter((fact) => fact[1]);
  return [part.description ? prose(part.description, 2) : h("p.quiet", null, t("no_description")),
    facts.length > 0 && h("dl.facts", null, facts.map(([key, value]) => h("div", null, h("dt", null, t(key)), h("dd", null, value))))];
}

function partDetails(part) {
  const facts = [
    ["relation", part.relation && h("code", null, part.relation)],
    ["file", part.file && h("code", null, part.file)],
    ["properties", part.properties_file && h("code", null, part.properties_file)],
    ["package", part.package && name(part.package)],
    ["access", part.access && name(part.access)],
    ["contract", part.contract && t("enforced")],
    ["meta", part.meta && Object.keys(part.meta).length && jsonFold("meta", part.meta)],
    ["config", part.config && Object.keys(part.config).length && jsonFold("config", part.config)],
  ].filter((fact) => fact[1]);
  return h("dl.facts", null, facts.map(([key, value]) => h("div", null, h("dt", null, t(key)), h("dd", null, value))));
}

function jsonFold(key, value) {
  return h("details", null, h("summary", null, t("show_all", { n: number(Object.keys(value).length) })),
    h("pre.json", { tabindex: 0, "aria-label": t(key) }, cut(JSON.stringify(value, null, 2), 20000)));
}

/** A link to an entity by its number. */
function partLink(n) {
  return h("a.part-link", { href: to.part(ix.id[n]), title: plain(cut(ix.label[n] || ix.id[n], 200)) }, kindDot(n), h("span.sr", null, tWord("kind_", kindOf(n))), name(cut(ix.name[n], 120)));
}

const TONES = Object.assign(Object.create(null), { pass: "good", warn: "warn", fail: "bad", error: "bad" });
