//! Pages for git: a Markdown page for each part, with a graph that GitHub draws, for reviewers who read a change.
//!
//! Nothing here depends on a warehouse, a run or a clock, and what one part's change touches is its own page and those
//! of its neighbours: so a difference between two commits is what changed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use camino::{Utf8Path, Utf8PathBuf};

use super::columns::{At, Column};
use super::{Input, Site, entities, mermaid, people, text};
use crate::flow::End;
use crate::project::{Node, NodeKind};

/// The first line of each page; what begins otherwise is not ours.
pub const MARK: &str =
    "<!-- Written by `buhin docs generate --format markdown`; changes by hand are lost. -->";

/// Neighbours on one side that a page's graph shows.
const NEIGHBOURS: usize = 30;
/// The longest text in a cell, in characters.
const CELL: usize = 300;

/// All pages with their places, in the order of places.
pub fn pages(input: Input<'_>) -> Vec<(Utf8PathBuf, String)> {
    let site = Site::new(input);
    let places = places(&site);
    let mut pages: BTreeMap<Utf8PathBuf, String> = BTreeMap::new();
    for (n, place) in places.iter().enumerate() {
        if let Some(place) = place {
            pages.insert(place.clone(), page(&site, &places, n as u32, place));
        }
    }
    pages.insert("README.md".into(), overview(&site, &places));
    pages.into_iter().collect()
}

/// The place of each entity's page: parts and snapshots of the project itself have one.
fn places(site: &Site<'_>) -> Vec<Option<Utf8PathBuf>> {
    let project = site.input.project;
    let mut taken: BTreeSet<String> = BTreeSet::from(["readme.md".to_owned()]);
    let mut place = |(_, _, node): (u32, _, &Node)| {
        let has_page =
            matches!(node.kind, NodeKind::Model | NodeKind::Snapshot) && node.package == project.root().name;
        if !has_page {
            return None;
        }
        let folder = node.relative_path.parent().unwrap_or(Utf8Path::new(""));
        let folder: Utf8PathBuf = folder.components().map(|it| file_name(it.as_str())).collect();
        let name = file_name(&entities::name(node));
        // Two names that a disk takes for one get a number.
        let numbered = |at: usize| if at == 1 { format!("{name}.md") } else { format!("{name}-{at}.md") };
        let free = (1..=100_000)
            .map(numbered)
            .find(|name| taken.insert(folder.join(name).as_str().to_lowercase()))?;
        Some(folder.join(free))
    };
    site.entities.iter(project).map(&mut place).collect()
}

/// A name that any disk and any address takes.
fn file_name(name: &str) -> String {
    let keep = |char: char| if char.is_alphanumeric() || matches!(char, '_' | '-') { char } else { '-' };
    name.chars().map(keep).collect()
}

/// One part.
fn page(site: &Site<'_>, places: &[Option<Utf8PathBuf>], n: u32, place: &Utf8Path) -> String {
    let input = site.input;
    let id = site.entities.id(n);
    let node = input.project.node(id);
    let mut out = format!("{MARK}\n\n# {}\n", inline(&entities::name(node)));
    let mut facts: Vec<String> = Vec::new();
    if let Some(label) = people::label(input, id) {
        facts.push(format!("**{}**", inline(label)));
    }
    if let Some(decision) = &input.plan.decisions[id] {
        facts.push(format!("{}: {}", inline(decision.shown()), inline(&decision.reason.text)));
    }
    if let Some(owner) = site.people.owner(n) {
        facts.push(format!("owner: {}", inline(owner.name)));
    }
    let tags = people::tags(input, id);
    if !tags.is_empty() {
        facts.push(format!("tags: {}", tags.iter().map(|tag| inline(tag)).collect::<Vec<_>>().join(", ")));
    }
    facts.push(format!("[{}]({})", inline(node.path.as_str()), address(&source(place, &node.path))));
    let _ = writeln!(out, "\n{}", facts.join(" · "));
    if !node.description.trim().is_empty() {
        let _ = writeln!(out, "\n{}", text::visible(node.description.trim()));
    }
    let _ = writeln!(out, "\n## Graph\n\n{}", graph(site, n));
    out.push_str(&neighbours(site, places, n, place));
    out.push_str(&columns(site, n));
    out.push_str(&shape(site, n));
    out.push_str(&tests(site, n));
    out
}

/// A file of the project, from a page's place below `docs/lineage`.
fn source(place: &Utf8Path, path: &Utf8Path) -> String {
    format!("{}{path}", "../".repeat(place.components().count() + 1))
}

fn graph(site: &Site<'_>, n: u32) -> String {
    let input = site.input;
    let id = site.entities.id(n);
    let mut chart = mermaid::Chart::default();
    let name = |n: u32| entities::name(input.project.node(site.entities.id(n)));
    let kind = |n: u32| input.project.node(site.entities.id(n)).kind;
    chart.node(n, &name(n), kind(n), true);
    for (neighbours, is_parent) in [(&input.graph.parents[id], true), (&input.graph.children[id], false)] {
        let mut all: Vec<u32> = neighbours.iter().filter_map(|id| site.entities.number(*id)).collect();
        all.sort_by_key(|n| name(*n));
        for other in all.iter().take(NEIGHBOURS) {
            chart.node(*other, &name(*other), kind(*other), false);
            if is_parent { chart.edge(*other, n) } else { chart.edge(n, *other) }
        }
        if all.len() > NEIGHBOURS {
            chart.more(n, all.len() - NEIGHBOURS, is_parent);
        }
    }
    chart.text()
}

/// What it reads and who reads it, as links.
fn neighbours(site: &Site<'_>, places: &[Option<Utf8PathBuf>], n: u32, place: &Utf8Path) -> String {
    let input = site.input;
    let id = site.entities.id(n);
    let mut out = String::new();
    for (title, all) in [("Reads", &input.graph.parents[id]), ("Read by", &input.graph.children[id])] {
        let mut names: Vec<String> = all
            .iter()
            .filter_map(|id| site.entities.number(*id))
            .map(|other| {
                let name = inline(&entities::name(input.project.node(site.entities.id(other))));
                match &places[other as usize] {
                    Some(to) => format!("[{name}]({})", address(&between(place, to))),
                    None => name,
                }
            })
            .collect();
        names.sort();
        if !names.is_empty() {
            let _ = writeln!(out, "\n{title}: {}", names.join(", "));
        }
    }
    out
}

/// The way from one page to another.
fn between(from: &Utf8Path, to: &Utf8Path) -> String {
    let folders: Vec<&str> =
        from.parent().into_iter().flat_map(Utf8Path::components).map(|it| it.as_str()).collect();
    let target: Vec<&str> = to.components().map(|it| it.as_str()).collect();
    let same = folders.iter().zip(&target).take_while(|(one, other)| one == other).count();
    let same = same.min(target.len() - 1);
    let up = "../".repeat(folders.len() - same);
    format!("{up}{}", target[same..].join("/"))
}

fn columns(site: &Site<'_>, n: u32) -> String {
    let all = site.columns.of_entity(n);
    if all.is_empty() {
        return String::new();
    }
    let mut out = "\n## Columns\n\n| Column | Type | Meaning | Made of |\n|---|---|---|---|\n".to_owned();
    for (index, column) in all.iter().enumerate() {
        let label = column.label().map(|label| format!("<br>{}", inline(label))).unwrap_or_default();
        let _ = writeln!(
            out,
            "| `{}`{label} | {} | {} | {} |",
            code(column.name),
            declared(column),
            meaning(site, column),
            origin(site, At { n, index: index as u32 })
        );
    }
    out
}

/// The type as statements and property files tell it; a warehouse's own word is not for git.
fn declared(column: &Column<'_>) -> String {
    let flow = column.flow.and_then(|flow| flow.data_type.as_deref());
    let own = || column.properties.and_then(|own| own.data_type.as_deref());
    flow.or_else(own).map(inline).unwrap_or_default()
}

fn meaning(site: &Site<'_>, column: &Column<'_>) -> String {
    let mut said = inline(&text::plain(column.description, CELL));
    if let Some(from) = column.inherited.filter(|_| !said.is_empty()) {
        let of = entities::name(site.input.project.node(site.entities.id(from.n)));
        let _ = write!(said, " *({})*", inline(&of));
    }
    let codes: Vec<String> = column
        .codes()
        .take(50)
        .map(|(value, meaning)| format!("{}={}", inline(&value), inline(meaning.unwrap_or("?"))))
        .collect();
    if !codes.is_empty() {
        let line = if said.is_empty() { "" } else { "<br>" };
        let _ = write!(said, "{line}{}", codes.join(", "));
    }
    said
}

/// What a column is made of, and how.
fn origin(site: &Site<'_>, at: At) -> String {
    let Some(column) = site.columns.get(at).flow else { return String::new() };
    let id = site.entities.id(at.n);
    let mut ends: BTreeSet<String> = BTreeSet::new();
    for edge in &column.edges {
        let end = match edge.from {
            End::Column(from) => {
                let name = site.input.flow.column(from).map_or("", |column| &column.name);
                format!("{}.`{}`", inline(&entities::name(site.input.project.node(from.node))), code(name))
            }
            End::Outside(at) => {
                let outside = &site.input.flow.outside[at as usize];
                format!("{}.`{}`", inline(&outside.relation), code(&outside.column))
            }
            End::Gap(at) => {
                let gap = site.input.flow.nodes[id].as_ref().and_then(|node| node.gaps.get(at as usize));
                gap.map_or_else(String::new, |gap| format!("not known: `{}`", code(&gap.name)))
            }
        };
        ends.insert(end);
    }
    let ends = ends.into_iter().collect::<Vec<_>>().join(", ");
    match column.kind {
        kind if kind.keeps_value() => ends,
        kind if ends.is_empty() => kind.name().to_owned(),
        kind => format!("{}: {ends}", kind.name()),
    }
}

/// The columns that decide its rows.
fn shape(site: &Site<'_>, n: u32) -> String {
    let id = site.entities.id(n);
    let mut by_role: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for shape in site.input.flow.nodes[id].iter().flat_map(|flow| &flow.shape) {
        let End::Column(from) = shape.from else { continue };
        let name = site.input.flow.column(from).map_or("", |column| &column.name);
        let of = entities::name(site.input.project.node(from.node));
        by_role.entry(shape.role.name()).or_default().insert(format!("{}.`{}`", inline(&of), code(name)));
    }
    if by_role.is_empty() {
        return String::new();
    }
    let mut out = "\n## What decides its rows\n\n".to_owned();
    for (role, columns) in by_role {
        let columns = columns.into_iter().collect::<Vec<_>>().join(", ");
        let _ = writeln!(out, "- {}: {columns}", role.replace('_', " "));
    }
    out
}

fn tests(site: &Site<'_>, n: u32) -> String {
    let all = &site.tests[n as usize];
    if all.is_empty() {
        return String::new();
    }
    let mut out = "\n## Tests\n\n".to_owned();
    let mut lines: Vec<String> = all
        .iter()
        .map(|test| {
            let column = test.column.map(|index| site.columns.get(At { n, index }).name);
            let column = column.map(|name| format!("`{}`: ", code(name))).unwrap_or_default();
            let severity =
                test.severity.as_deref().map(|it| format!(" ({})", inline(it))).unwrap_or_default();
            format!("- {column}{}{severity}", inline(&test.says))
        })
        .collect();
    lines.sort();
    lines.dedup();
    for line in lines {
        let _ = writeln!(out, "{line}");
    }
    out
}

/// The first page: the layers, and all parts.
fn overview(site: &Site<'_>, places: &[Option<Utf8PathBuf>]) -> String {
    let input = site.input;
    let project = input.project;
    let mut out = format!("{MARK}\n\n# {}\n\n", inline(&project.root().name));
    let mut folders: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for (n, _, node) in site.entities.iter(project).filter(|(_, _, node)| node.kind.has_columns()) {
        folders.entry(entities::folder(project, node)).or_default().push(n);
    }
    let number: BTreeMap<u32, u32> =
        folders.values().enumerate().flat_map(|(at, all)| all.iter().map(move |n| (*n, at as u32))).collect();
    let mut chart = mermaid::Chart::default();
    for (at, (name, all)) in folders.iter().enumerate() {
        chart.node(at as u32, &format!("{name} ({})", all.len()), NodeKind::Model, false);
    }
    let mut edges: BTreeSet<(u32, u32)> = BTreeSet::new();
    for (n, id, _) in site.entities.iter(project) {
        let parents = input.graph.parents[id].iter().filter_map(|parent| site.entities.number(*parent));
        let ends = parents.filter_map(|parent| Some((*number.get(&parent)?, *number.get(&n)?)));
        edges.extend(ends.filter(|(from, to)| from != to));
    }
    for (from, to) in edges.iter().take(300) {
        chart.edge(*from, *to);
    }
    let _ = writeln!(out, "{}", chart.text());
    for (folder, all) in folders {
        let mut rows: Vec<String> = all
            .iter()
            .filter_map(|n| {
                let place = places[*n as usize].as_ref()?;
                let id = site.entities.id(*n);
                let node = project.node(id);
                let label = people::label(input, id).map(inline).unwrap_or_default();
                let short = text::first_sentence(&node.description).map(|it| inline(&it)).unwrap_or_default();
                let decided =
                    input.plan.decisions[id].as_ref().map(|it| inline(it.shown())).unwrap_or_default();
                let name = inline(&entities::name(node));
                Some(format!("| [{name}]({}) | {label} | {decided} | {short} |", address(place.as_str())))
            })
            .collect();
        if !rows.is_empty() {
            rows.sort();
            let _ = writeln!(
                out,
                "\n## {}\n\n| Part | Name | Becomes | What it is |\n|---|---|---|---|",
                inline(&folder)
            );
            let _ = writeln!(out, "{}", rows.join("\n"));
        }
    }
    out
}

/// Text within a line or a cell: what Markdown would take for a mark is not one, and nothing ends the line.
fn inline(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text::visible(text).chars() {
        match char {
            '\n' | '\r' | '\t' => out.push(' '),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '|' | '*' | '`' | '[' | ']' | '\\' | '$' | '~' => out.extend(['\\', char]),
            // GitHub takes a name after it for a person, and a number for an issue.
            '@' | '#' => out.push_str(&format!("&#{};", char as u32)),
            char => out.push(char),
        }
    }
    out
}

/// Text within backquotes.
fn code(text: &str) -> String {
    text::visible(text).replace(['`', '\n', '\r'], " ").replace('|', "\\|")
}

/// An address in a link.
fn address(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'_' | b'-' | b'.' => out.push(char::from(byte)),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_between_two_pages() {
        let check = |from: &str, to: &str, expect: &str| {
            assert_eq!(between(Utf8Path::new(from), Utf8Path::new(to)), expect);
        };
        check("a.md", "b.md", "b.md");
        check("x/a.md", "x/b.md", "b.md");
        check("x/y/a.md", "x/b.md", "../b.md");
        check("x/a.md", "z/b.md", "../z/b.md");
        check("a.md", "x/b.md", "x/b.md");
    }

    #[test]
    fn nothing_ends_a_cell() {
        assert_eq!(inline("a|b\n<c> [d](e) `f` @g #1"), "a\\|b &lt;c> \\[d\\](e) \\`f\\` &#64;g &#35;1");
        assert_eq!(code("a`b|c"), "a b\\|c");
        assert_eq!(address("部 品/a(b).md"), "%E9%83%A8%20%E5%93%81/a%28b%29.md");
    }
}
