//! A part's new name: in its file's name, its properties, every `ref()`, selectors, and folders of config.

use std::ops::Range;

use camino::{Utf8Path, Utf8PathBuf};

use super::errors::{file_exists, left_alone, not_renamable, nothing_to_rename, taken, unsure};
use super::files::{OwnFile, own_files, scalar_text};
use super::refs::{WrittenRef, written_refs};
use super::words::{mentions, told};
use super::{Input, Renaming, bad_name};
use crate::diagnostic::Diagnostic;
use crate::graph::Resolved;
use crate::jinja;
use crate::project::{Node, NodeId, NodeKind, YamlScalar, YamlStep};

/// How a part is renamed.
#[derive(Clone, Copy, Debug, Default)]
pub struct PartOptions {
    /// The table or view in the warehouse keeps its name.
    pub keep_relation: bool,
}

/// The edits that give the part `from` the name `to`; or everything that keeps that from being done.
pub fn part(
    input: Input<'_>,
    from: &str,
    to: &str,
    options: PartOptions,
) -> Result<Renaming, Vec<Diagnostic>> {
    let versions = family(input, from).map_err(|found| vec![found])?;
    free(input, from, to).map_err(|found| vec![found])?;
    let files = own_files(input);
    let mut work =
        Work { input, from, to, versions: &versions, made: Renaming::default(), refused: Vec::new() };
    for file in &files {
        work.refs_of(*file);
        work.names_of(*file);
    }
    for id in &versions {
        work.move_file(*id);
    }
    work.computed_refs();
    if options.keep_relation {
        work.keep_relations();
    } else {
        work.tell_of_relations();
    }
    let words = mentions(&files, input.context.project.target.dialect, from);
    work.made.notes.extend(told(&words, from));
    if work.refused.is_empty() { Ok(work.made) } else { Err(work.refused) }
}

/// The part of this name, in all its versions.
fn family(input: Input<'_>, name: &str) -> Result<Vec<NodeId>, Diagnostic> {
    let project = input.context.project;
    let root = project.root().name.as_str();
    let named: Vec<(NodeId, &Node)> = project.nodes().filter(|(_, node)| node.name == name).collect();
    let is_part = |node: &Node| node.kind == NodeKind::Model;
    let own: Vec<NodeId> =
        named.iter().filter(|(_, node)| is_part(node) && node.package == root).map(|(id, _)| *id).collect();
    if !own.is_empty() {
        return Ok(own);
    }
    match named.iter().find(|(_, node)| node.kind.is_refable()) {
        Some((_, node)) if is_part(node) => {
            Err(not_renamable(name, &format!("a part of the package `{}`", node.package)))
        }
        Some((_, node)) => Err(not_renamable(name, &format!("a {}", node.kind.resource_type()))),
        None => {
            let parts = project.nodes().filter(|(_, node)| is_part(node) && node.package == root);
            Err(nothing_to_rename(name, parts.map(|(_, node)| node.name.as_str())))
        }
    }
}

/// Fails if nothing can be named so, or something is.
fn free(input: Input<'_>, from: &str, to: &str) -> Result<(), Diagnostic> {
    if from == to {
        return Err(bad_name(to, "that is its name already"));
    }
    let is_good = |char: char| char == '_' || char == '-' || char.is_alphanumeric();
    if let Some(bad) = to.chars().find(|char| !is_good(*char)) {
        return Err(bad_name(to, &format!("it has `{bad}` in it")));
    }
    if to.is_empty() {
        return Err(bad_name(to, "it is empty"));
    }
    let project = input.context.project;
    // Names that differ by case alone are one file on many disks, and one table in many warehouses.
    let same = |node: &Node| node.name.to_lowercase() == to.to_lowercase() && node.name != from;
    match project.nodes().find(|(_, node)| node.kind.is_refable() && same(node)) {
        Some((_, node)) => {
            let what = format!("the {} `{}`", node.kind.resource_type(), node.unique_id);
            Err(taken(to, &what, node.properties_span))
        }
        None => Ok(()),
    }
}

struct Work<'a> {
    input: Input<'a>,
    from: &'a str,
    to: &'a str,
    versions: &'a [NodeId],
    made: Renaming,
    refused: Vec<Diagnostic>,
}

impl<'a> Work<'a> {
    fn replace(&mut self, path: &Utf8Path, range: Range<usize>, text: String) {
        let is_free = self.made.edits.replace(path, range, text);
        debug_assert!(is_free, "one name is never written over another");
    }

    /// True if a `ref()` in the root's own files means the part.
    fn means(&self, found: &WrittenRef) -> bool {
        let context = self.input.context;
        let (project, root) = (context.project, &context.project.root().name);
        let (package, version) = (found.package.as_deref(), found.version.as_deref());
        let resolved = context.graph.resolve_ref(project, root, package, &found.name, version);
        match resolved {
            Resolved::Found(id) | Resolved::Disabled(id) => self.versions.contains(&id),
            Resolved::Ambiguous(one, other) => self.versions.contains(&one) || self.versions.contains(&other),
            // A version that there is not is a mistake under the new name, too.
            Resolved::Missing => {
                found.name == self.from && found.package.as_ref().is_none_or(|package| package == root)
            }
        }
    }

    /// The `ref()`s of a file.
    fn refs_of(&mut self, file: OwnFile<'a>) {
        let text = file.text;
        let ranges: Vec<Range<usize>> = match file.path.extension() {
            Some("sql") => {
                let code = jinja::marks(text).into_iter().filter(|mark| !mark.is_comment);
                code.map(|mark| mark.span).collect()
            }
            Some("py") => std::iter::once(0..text.len()).collect(),
            _ => {
                let is_code = |scalar: &YamlScalar| {
                    let last = scalar.path.iter().rev().find(|step| matches!(step, YamlStep::Key(_)));
                    !scalar.is_key && !last.is_some_and(|step| step.is("description"))
                };
                // What stands in quotes of YAML is code, not a text of that code.
                let inner = |scalar: YamlScalar| match text.as_bytes()[scalar.span.start] {
                    b'\'' | b'"' => scalar.span.start + 1..scalar.span.end - 1,
                    _ => scalar.span,
                };
                file.scalars().into_iter().filter(is_code).map(inner).collect()
            }
        };
        for range in ranges {
            for found in written_refs(text, range) {
                if self.means(&found) {
                    let version = &found.name[self.from.len()..];
                    self.replace(file.path, found.place, format!("{}{version}", self.to));
                }
            }
        }
    }

    /// The names in a file of YAML.
    fn names_of(&mut self, file: OwnFile<'a>) {
        let is_project = file.path == "dbt_project.yml";
        let fqns: Vec<&[String]> =
            self.versions.iter().map(|id| self.input.context.project.node(*id).fqn.as_slice()).collect();
        let scalars = file.scalars();
        for scalar in &scalars {
            let raw = &file.text[scalar.span.clone()];
            if is_project {
                if scalar.is_key && fqns.iter().any(|fqn| is_config_of(&scalar.path, fqn, self.from)) {
                    self.replace(file.path, scalar.span.clone(), scalar_text(raw, self.to));
                }
                continue;
            }
            if scalar.is_key {
                continue;
            }
            if file.path == "selectors.yml" || file.path == "buhin.yml" {
                self.selector(file, scalar);
            } else if self.is_name(scalar) {
                self.replace(file.path, scalar.span.clone(), scalar_text(raw, self.to));
            } else if is_defined_in(&scalars, &scalar.path, self.from)
                && let Some(new) = self.stem_after(&scalar.value)
            {
                self.replace(file.path, scalar.span.clone(), scalar_text(raw, &new));
            }
        }
    }

    /// True for the name of the part's entry, and where a unit test names it.
    fn is_name(&self, scalar: &YamlScalar) -> bool {
        let [list, YamlStep::Item(_), key] = scalar.path.as_slice() else { return false };
        let is_place = (list.is("models") && key.is("name")) || (list.is("unit_tests") && key.is("model"));
        is_place && scalar.value == self.from
    }

    /// A selector's words that name the part or its file.
    fn selector(&mut self, file: OwnFile<'a>, scalar: &YamlScalar) {
        let under = |key: &str| scalar.path.iter().any(|step| step.is(key));
        let last = scalar.path.iter().rev().find(|step| matches!(step, YamlStep::Key(_)));
        let is_criterion = if file.path == "buhin.yml" {
            under("snapshots") && under("approve")
        } else {
            under("definition") && !last.is_some_and(|step| step.is("description") || step.is("method"))
        };
        let raw = &file.text[scalar.span.clone()];
        let Some(inner) = raw.find(scalar.value.as_str()).filter(|_| is_criterion) else { return };
        let project = self.input.context.project;
        let paths: Vec<(String, String)> = self
            .versions
            .iter()
            .filter_map(|id| {
                let old = &project.node(*id).path;
                let new = self.path_after(old)?;
                Some((old.to_string(), new.to_string()))
            })
            .collect();
        for (range, new) in criterion(&scalar.value, self.from, self.to, &paths) {
            let start = scalar.span.start + inner;
            self.replace(file.path, start + range.start..start + range.end, new);
        }
    }

    /// A file's name without its ending, after the rename; `None` if it does not come from the part's name.
    fn stem_after(&self, stem: &str) -> Option<String> {
        let rest = stem.strip_prefix(self.from)?;
        let is_version = rest.is_empty() || rest.starts_with("_v") || rest.starts_with(".v");
        is_version.then(|| format!("{}{rest}", self.to))
    }

    fn path_after(&self, path: &Utf8Path) -> Option<Utf8PathBuf> {
        let new = self.stem_after(path.file_stem()?)?;
        let ending = path.extension().map(|ending| format!(".{ending}")).unwrap_or_default();
        Some(path.with_file_name(format!("{new}{ending}")))
    }

    fn move_file(&mut self, id: NodeId) {
        let project = self.input.context.project;
        let old = project.files.path(project.node(id).span.file);
        let Some(new) = self.path_after(old) else { return };
        let is_other = !new.as_str().eq_ignore_ascii_case(old.as_str());
        if is_other && self.input.world.exists(&new) {
            self.refused.push(file_exists(&new));
        }
        self.made.edits.move_file(old, &new);
    }

    /// Refuses `ref()`s that give the part without naming it where they stand.
    fn computed_refs(&mut self) {
        let context = self.input.context;
        let project = context.project;
        for (id, node) in project.nodes() {
            let Some(collected) = &context.collected.nodes[id] else { continue };
            if node.test.as_ref().is_some_and(|test| !test.name.is_empty()) {
                continue;
            }
            for call in &collected.refs {
                let (package, version) = (call.package.as_deref(), call.version.as_deref());
                let resolved =
                    context.graph.resolve_ref(project, &node.package, package, &call.name, version);
                if !matches!(resolved, Resolved::Found(id) if self.versions.contains(&id)) {
                    continue;
                }
                let path = project.files.path(call.span.file);
                let is_own = node.package == project.root().name;
                let is_code = path.extension() == Some("sql");
                if is_own && (!is_code || self.made.edits.touches(path, &call.span.range())) {
                    continue;
                }
                let (message, label) = if is_own {
                    let message = format!("this gives `{}`, but does not name it", self.from);
                    (message, "the name is made elsewhere")
                } else {
                    let message =
                        format!("the package `{}` reads `{}`, and can't be changed", node.package, self.from);
                    (message, "in an installed package")
                };
                let found = unsure(message, Some(call.span), label, &[]);
                let help = format!("write `ref('{}')` here, then rename again", self.from);
                self.refused.push(if is_own { found.help(help) } else { found });
            }
        }
    }

    /// Keeps the tables and views in the warehouse under their names.
    fn keep_relations(&mut self) {
        let context = self.input.context;
        for id in self.versions {
            let node = context.project.node(*id);
            let Some(collected) = &context.collected.nodes[*id] else { continue };
            if collected.config.get("alias").is_some() {
                continue;
            }
            let Some(alias) = collected.relation.as_ref().and_then(|it| it.identifier.clone()) else {
                continue;
            };
            let file = node.span.file;
            let (path, text) = (context.project.files.path(file), &context.project.files.get(file).text);
            if path.extension() != Some("sql") {
                let message = format!("`--keep-relation` can't put an alias into {path}");
                let found = unsure(message, None, "", &[]);
                self.refused.push(found.help(format!("set `alias: {alias}` in its properties first")));
                continue;
            }
            let (at, new) = alias_config(text, &alias);
            self.replace(path, at..at, new);
        }
    }

    /// Says which tables and views will be made anew under another name.
    fn tell_of_relations(&mut self) {
        let context = self.input.context;
        for id in self.versions {
            let Some(collected) = &context.collected.nodes[*id] else { continue };
            let lasting = !context.plan.is_inline(*id);
            let Some(relation) = collected.relation.as_ref().filter(|_| lasting) else { continue };
            let own_alias = collected.config.get("alias").is_some();
            if own_alias || !relation.identifier.as_deref().is_some_and(|it| it.contains(self.from)) {
                continue;
            }
            let message = format!(
                "the table or view `{}` stays in the warehouse; the next run makes one under the new name",
                relation.render()
            );
            let help = "`--keep-relation` keeps it under its name, by an `alias`";
            self.made.notes.push(left_alone(message).help(help));
        }
    }
}

/// True for the key of `dbt_project.yml` under which config of just this part stands.
fn is_config_of(path: &[YamlStep], fqn: &[String], name: &str) -> bool {
    let Some((first, rest)) = path.split_first() else { return false };
    first.is("models")
        && rest.len() <= fqn.len()
        && rest.len() > 1
        && rest.iter().zip(fqn).all(|(step, own)| step.is(own))
        && fqn[rest.len() - 1] == name
        && fqn.len() - rest.len() <= 1
}

/// True for the file of a version, below the part's entry.
fn is_defined_in(all: &[YamlScalar], path: &[YamlStep], name: &str) -> bool {
    let [list, item, versions, YamlStep::Item(_), key] = path else { return false };
    if !(list.is("models") && versions.is("versions") && key.is("defined_in")) {
        return false;
    }
    let is_name = |scalar: &YamlScalar| matches!(scalar.path.as_slice(), [a, b, c] if a == list && b == item && c.is("name"));
    all.iter().any(|scalar| !scalar.is_key && is_name(scalar) && scalar.value == name)
}

/// The words of a selector's criterion that name a part or its file, and what to put in their place.
fn criterion(value: &str, from: &str, to: &str, paths: &[(String, String)]) -> Vec<(Range<usize>, String)> {
    let mut found = Vec::new();
    let mut start = 0;
    for word in value.split_inclusive([' ', ',']) {
        let begin = start;
        start += word.len();
        let word = word.trim_end_matches([' ', ',']);
        let trimmed = word.trim_start_matches('@');
        let trimmed = match trimmed.trim_start_matches(|char: char| char.is_ascii_digit()).strip_prefix('+') {
            Some(rest) => rest,
            None => trimmed,
        };
        let core = trimmed.trim_end_matches(|char: char| char.is_ascii_digit());
        let core = core.strip_suffix('+').unwrap_or(trimmed);
        let offset = begin + (trimmed.as_ptr() as usize - word.as_ptr() as usize);
        let (method, name) = match core.split_once(':') {
            Some((method, name)) => (Some(method), name),
            None => (None, core),
        };
        let offset = offset + method.map_or(0, |method| method.len() + 1);
        let range = offset..offset + name.len();
        if let Some((_, new)) = paths.iter().find(|(old, _)| old == name) {
            found.push((range, new.clone()));
        } else if let Some(folders) = name.strip_suffix(from).filter(|_| matches!(method, None | Some("fqn")))
            && (folders.is_empty() || folders.ends_with('.'))
        {
            found.push((range.start + folders.len()..range.end, to.to_owned()));
        }
    }
    found
}

/// Where the config of an alias goes in a part's text, and its text: rendering gives the same bytes as before.
fn alias_config(text: &str, alias: &str) -> (usize, String) {
    let outputs = jinja::marks(text).into_iter().filter(|mark| text[mark.span.clone()].starts_with("{{"));
    for mark in outputs {
        let code = &text[mark.span.clone()];
        let inner = code[2..].trim_start_matches(['-', '+']);
        let call = inner.trim_start();
        let Some(arguments) = call.strip_prefix("config").map(str::trim_start) else { continue };
        let Some(arguments) = arguments.strip_prefix('(') else { continue };
        let at = mark.span.start + (code.len() - arguments.len());
        let comma = if arguments.trim_start().starts_with(')') { "" } else { ", " };
        // Arguments in lines of their own get another one.
        let own_line = arguments.strip_prefix("\r\n").or_else(|| arguments.strip_prefix('\n'));
        return match own_line {
            Some(rest) if comma == ", " => {
                let indent: String = rest.chars().take_while(|char| matches!(char, ' ' | '\t')).collect();
                let newline = &arguments[..arguments.len() - rest.len()];
                (at, format!("{newline}{indent}alias='{alias}',"))
            }
            _ => (at, format!("alias='{alias}'{comma}")),
        };
    }
    let starts_blank = text.chars().next().is_some_and(char::is_whitespace);
    // The mark takes the line end behind it away.
    let end = if starts_blank { " }}" } else { " -}}\n" };
    (0, format!("{{{{ config(alias='{alias}'){end}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(value: &str, expect: &str) {
        let paths = [("models/a.sql".to_owned(), "models/b.sql".to_owned())];
        let mut text = value.to_owned();
        for (range, new) in criterion(value, "a", "b", &paths).into_iter().rev() {
            text.replace_range(range, &new);
        }
        assert_eq!(text, expect);
    }

    #[test]
    fn criteria_that_name_the_part_are_changed() {
        check("a", "b");
        check("+a+ 2+a,a+1 @a", "+b+ 2+b,b+1 @b");
        check("fqn:shop.a path:models/a.sql tag:a aa", "fqn:shop.b path:models/b.sql tag:a aa");
    }

    #[test]
    fn an_alias_is_put_where_config_is() {
        let put = |text: &str| {
            let (at, new) = alias_config(text, "a");
            format!("{}{new}{}", &text[..at], &text[at..])
        };
        assert_eq!(put("{{ config(x=1) }} select"), "{{ config(alias='a', x=1) }} select");
        assert_eq!(put("{{- config ( ) }}"), "{{- config (alias='a' ) }}");
        assert_eq!(put("{{ config(\n    x=1\n) }}"), "{{ config(\n    alias='a',\n    x=1\n) }}");
        assert_eq!(put("select 1"), "{{ config(alias='a') -}}\nselect 1");
        assert_eq!(put("\nselect 1"), "{{ config(alias='a') }}\nselect 1");
    }
}
