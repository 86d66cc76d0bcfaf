//! The first pass: what each node sets and names.

use std::sync::Arc;

use minijinja::Value;
use serde_json::Value as Json;

use super::context::has_hooks;
use super::ctx::Ctx;
use super::port::Port;
use super::shared::Shared;
use super::{CollectedNode, builtins, errors, facts, names, node_object, python, settle};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::suggest::closest;
use crate::jinja::{Dict, List, MacroId, Session, from_json};
use crate::project::{Config, Node, NodeId, NodeKind, TestCall};
use crate::source::Span;

/// What one node sets and names; `None` if it can't be rendered.
pub(super) fn node(
    shared: &Arc<Shared>,
    port: &Arc<Port>,
    id: NodeId,
) -> (Option<CollectedNode>, Vec<Diagnostic>) {
    let node = shared.node(id);
    let config = Arc::new(outer_config(node));
    let mut ctx = Ctx::new(shared, port, Some(id), &node.package, place(node), config, None);
    if let Some(package) = node.test.as_ref().and_then(|test| test.namespace.as_deref()) {
        // While dbt parses a generic test, whatever the test's macro leads to is seen by its bare name.
        ctx.namespace = shared.test_namespace(&node.package, package);
    }
    let ctx = Arc::new(ctx);
    let mut collector = Collector { ctx: &ctx, macros: Vec::new() };
    let result = collector.run(node);
    let macros = collector.macros;
    let mut diagnostics: Vec<Diagnostic> = std::mem::take(&mut ctx.record().diagnostics);
    let collected = match result {
        Ok(()) => finish(&ctx, id, &macros),
        Err(diagnostic) => {
            diagnostics.push(*diagnostic);
            finish(&ctx, id, &macros).map(|learnt| CollectedNode { failed: true, ..learnt })
        }
    };
    let collected = match collected {
        Ok(collected) => Some(collected),
        Err(diagnostic) => {
            if diagnostics.is_empty() {
                diagnostics.push(*diagnostic);
            }
            None
        }
    };
    let mut off = node.property_config.clone();
    off.merge(&node.override_config.values);
    let failed = collected.as_ref().is_none_or(|it| it.failed);
    if failed && !(off.enabled() && node.project_config.enabled()) {
        // What is switched off and broken is just switched off.
        let mut config = (*ctx.config).clone();
        config.merge(&node.override_config.values);
        let inline_config = Config::default();
        let collected = CollectedNode {
            config: Arc::new(config),
            inline_config,
            relation: None,
            place: None,
            refs: Vec::new(),
            sources: Vec::new(),
            macros: Vec::new(),
            failed: false,
        };
        return (Some(collected), Vec::new());
    }
    let diagnostics =
        diagnostics.into_iter().map(|diagnostic| settle::diagnostic(&ctx, diagnostic)).collect();
    (collected, diagnostics)
}

/// What files say of a node's config.
pub(super) fn outer_config(node: &Node) -> Config {
    let mut config = node.project_config.clone();
    config.merge(&node.property_config.values);
    config
}

/// The same with what its text says, and what the root project says of a package's node.
pub(super) fn with_inline(outer: &Arc<Config>, node: &Node, inline: &Config) -> Arc<Config> {
    let more = [&inline.values, &node.override_config.values];
    if more.iter().all(|values| values.is_empty()) {
        return Arc::clone(outer);
    }
    let mut config = (**outer).clone();
    for values in more {
        config.merge(values);
    }
    Arc::new(config)
}

/// Where a node stands, for what has no better place.
pub(super) fn place(node: &Node) -> Span {
    node.test.as_ref().filter(|test| !test.name.is_empty()).map_or(node.span, |test| test.span)
}

struct Collector<'a> {
    ctx: &'a Arc<Ctx>,
    macros: Vec<MacroId>,
}

impl Collector<'_> {
    fn run(&mut self, node: &Node) -> Result<(), Box<Diagnostic>> {
        if let Some(test) = node.test.as_ref().filter(|test| !test.name.is_empty()) {
            self.generic_test(test)?;
        } else if node.is_python {
            python::collect(self.ctx, node);
        } else if let Some(body) = node.body {
            let text = &self.ctx.shared.project.files.get(body.file).text;
            if has_jinja(&text[body.range()]) {
                let template = self.ctx.shared.body_template(body, false)?;
                let mut session = self.ctx.session(false);
                session.render(&template)?;
                self.macros.extend(session.called_macros());
            }
        } else if let Some(text) = own_text(node) {
            self.text(&text)?;
        }
        if has_hooks(node.kind) {
            let inline = self.ctx.record().config.clone();
            for key in ["pre_hook", "post_hook"] {
                let mut hooks = facts::hook_list(self.ctx.config.get(key));
                hooks.extend(facts::hook_list(inline.get(key)));
                for (sql, _) in hooks.iter().filter(|(sql, _)| has_jinja(sql)) {
                    self.text(sql)?;
                }
            }
        }
        Ok(())
    }

    /// Renders a text that stands in no file.
    fn text(&mut self, text: &str) -> Result<(), Box<Diagnostic>> {
        let template = self.ctx.shared.text_template(text)?;
        let mut session = self.ctx.session(false);
        session.render(&template)?;
        self.macros.extend(session.called_macros());
        Ok(())
    }

    fn generic_test(&mut self, test: &TestCall) -> Result<(), Box<Diagnostic>> {
        let id = find_test(self.ctx, test)
            .map_err(|near| Box::new(errors::unknown_test(&test.name, test.span, near.as_deref())))?;
        self.required_arguments(id, test)?;
        self.macros.push(id);
        self.macros.extend(test_arguments(self.ctx, test)?);
        self.text(&test.raw)
    }
}

impl Collector<'_> {
    /// Says so if an argument is not given. Other people's macros may do without it, in Jinja no argument is an
    /// error; the built-in tests can't.
    fn required_arguments(&self, id: MacroId, test: &TestCall) -> Result<(), Box<Diagnostic>> {
        let engine = &self.ctx.shared.engine;
        let definition = engine.definition(id);
        let built_in = definition.package == builtins::PACKAGE;
        for name in engine.required(id)? {
            let column = name == "column_name" && (test.column.is_some() || !built_in);
            if name == "model" || column || test.arguments.contains_key(name) {
                continue;
            }
            let problem = errors::missing_argument(&test.name, name, test.span, built_in);
            if built_in {
                return Err(Box::new(problem));
            }
            if !may_lack(&definition.text[definition.block.body.range()], name) {
                self.ctx.record().diagnostics.push(problem);
            }
        }
        Ok(())
    }
}

/// True if a macro's text looks whether an argument is there.
fn may_lack(body: &str, name: &str) -> bool {
    let asks = [
        format!("{name} is "),
        format!("{name} or "),
        format!("{name}|"),
        format!("{name} |"),
        format!("if {name}"),
        format!("if not {name}"),
        format!("and {name}"),
    ];
    !body.contains(name) || asks.iter().any(|ask| body.contains(ask))
}

/// The package of a generic test, if it is not installed.
pub(super) fn missing_package<'n>(shared: &Shared, node: &'n Node) -> Option<&'n str> {
    let package = node.test.as_ref()?.namespace.as_deref()?;
    (package != builtins::PACKAGE && shared.package(package).is_none()).then_some(package)
}

/// The macro of a generic test; the error is the name that is nearest.
fn find_test(ctx: &Ctx, test: &TestCall) -> Result<MacroId, Option<String>> {
    let name = format!("test_{}", test.name);
    let found = match &test.namespace {
        Some(package) => ctx.shared.engine.find(package, &name),
        None => ctx.namespace.find(&name),
    };
    found.ok_or_else(|| {
        let known = ctx.namespace.names();
        let tests = known.iter().filter_map(|known| match known.split_once('.') {
            Some((package, name)) => Some(format!("{package}.{}", name.strip_prefix("test_")?)),
            None => known.strip_prefix("test_").map(str::to_owned),
        });
        let tests: Vec<String> = tests.collect();
        closest(&test.name, tests.iter().map(String::as_str)).map(str::to_owned)
    })
}

/// Renders the arguments of a generic test, as values where they are one expression; gives the macros that they
/// call. What is tested comes last, as its `ref()` does in dbt.
pub(super) fn test_arguments(ctx: &Arc<Ctx>, test: &TestCall) -> Result<Vec<MacroId>, Box<Diagnostic>> {
    let mut pairs: Vec<(&str, Value)> = Vec::new();
    let mut session = ctx.session(false);
    if let Some(column) = &test.column {
        let dialect = ctx.shared.project.target.dialect;
        let name = if test.quote_column { dialect.quote_column(column) } else { column.clone() };
        pairs.push(("column_name", Value::from(name)));
    }
    for (key, value) in &test.arguments {
        if key == "column_name" {
            pairs.push((key, from_json(value)));
        } else {
            pairs.push((key, argument(ctx, &mut session, value)?));
        }
    }
    pairs.push(("model", session.evaluate(&ctx.shared.text_template(&test.model)?)?));
    // Set once per render; a second render has a context of its own.
    let _already_there = ctx.test_arguments.set(Dict::value(pairs));
    Ok(session.called_macros())
}

fn argument(ctx: &Arc<Ctx>, session: &mut Session<'_>, value: &Json) -> Result<Value, Box<Diagnostic>> {
    match value {
        Json::String(text) => {
            let braced;
            let text = if is_call(text) {
                braced = format!("{{{{ {text} }}}}");
                &braced
            } else {
                text
            };
            if !has_jinja(text) {
                // Jinja drops one newline at the end, and dbt renders whatever is a text.
                return Ok(Value::from(text.strip_suffix('\n').unwrap_or(text)));
            }
            session.evaluate(&ctx.shared.text_template(text)?)
        }
        Json::Array(items) => {
            let items = items.iter().map(|item| argument(ctx, session, item));
            Ok(List::value(items.collect::<Result<_, _>>()?))
        }
        Json::Object(map) => {
            let pairs = map.iter().map(|(key, value)| Ok((key.as_str(), argument(ctx, session, value)?)));
            Ok(Dict::value(pairs.collect::<Result<Vec<_>, Box<Diagnostic>>>()?))
        }
        plain => Ok(from_json(plain)),
    }
}

/// True for `ref('x')` and its kind, which dbt takes for Jinja even without braces.
fn is_call(text: &str) -> bool {
    let text = text.trim();
    let called = ["env_var", "ref", "var", "source", "doc"]
        .iter()
        .any(|name| text.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with('(')));
    called && text.ends_with(')')
}

/// True for a text that Jinja would change.
pub(super) fn has_jinja(text: &str) -> bool {
    text.as_bytes().windows(2).any(|pair| pair[0] == b'{' && matches!(pair[1], b'{' | b'%' | b'#'))
}

/// The text of a hook of the run, or of a snapshot that is declared in YAML: `relation: ref('x')`.
pub(super) fn own_text(node: &Node) -> Option<String> {
    if let Some(hook) = &node.hook {
        return Some(hook.text.clone());
    }
    let relation = node.properties.get("relation").and_then(Json::as_str)?;
    (node.kind == NodeKind::Snapshot).then(|| format!("select * from {{{{ {relation} }}}}"))
}

fn finish(ctx: &Arc<Ctx>, id: NodeId, macros: &[MacroId]) -> Result<CollectedNode, Box<Diagnostic>> {
    let node = ctx.shared.node(id);
    let (inline, refs, sources) = {
        let mut record = ctx.record();
        let inline = Config { values: std::mem::take(&mut record.config) };
        (inline, std::mem::take(&mut record.refs), std::mem::take(&mut record.sources))
    };
    let config = with_inline(&ctx.config, node, &inline);
    let relation =
        if node_object::has_relation(node, &config) { names::make(ctx, id, &config, false)? } else { None };
    let mut seen = rustc_hash::FxHashSet::default();
    let macros = macros.iter().filter(|id| seen.insert(**id));
    let macros = macros.map(|id| ctx.shared.engine.definition(*id).unique_id.clone()).collect();
    let place = if relation.is_some() { None } else { names::place(ctx, id, &config)? };
    Ok(CollectedNode { config, inline_config: inline, relation, place, refs, sources, macros, failed: false })
}
