//! The names of temporary parts in a script.

use rustc_hash::FxHashSet;

use super::{Context, Style};
use crate::emit::ddl;
use crate::plan::Materialization;
use crate::project::NodeMap;
use crate::sql::{Relation, fold};

/// By part, the table that holds its rows for as long as the script runs: two parts never share one.
pub(super) fn of(context: &Context<'_>, style: Style, inline: &NodeMap<bool>) -> NodeMap<Option<Relation>> {
    let mut given: FxHashSet<String> = FxHashSet::default();
    let temps = context.project.nodes().map(|(id, _)| {
        let temporary = context.plan.materialization(id) == Some(&Materialization::Temp);
        if style == Style::Dbt || inline[id] || !temporary {
            return None;
        }
        let relation = context.collected.nodes[id].as_ref()?.relation.as_ref()?;
        let name = relation.identifier.as_deref()?;
        let mut chosen = name.to_owned();
        let mut count = 1;
        while !given.insert(fold(relation.dialect, &chosen, false)) {
            count += 1;
            chosen = format!("{name}_{count}");
        }
        Some(ddl::script_temp(relation, &chosen))
    });
    NodeMap::new(temps.collect())
}
