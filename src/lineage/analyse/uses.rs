//! Where columns are named, for those who want to change a name: noted beside the analysis, if it was asked for.

use sqlparser::ast::{
    ExcludeSelectItem, Ident, RenameSelectItem, SelectItemQualifiedWildcardKind, WildcardAdditionalOptions,
};

use super::Analyser;
use super::arena::Has;
use super::expr::idents;
use super::resolve::{Target, find_source};
use super::scope::Scope;
use crate::lineage::model::{ColumnId, Edge, From, RelationId, Use};
use crate::lineage::names::Sym;

impl Analyser<'_, '_> {
    fn note(&mut self, column: ColumnId, name: &Ident, is_row: bool) {
        let Some(span) = self.place_of(name) else { return };
        if let Some(uses) = &mut self.uses {
            uses.push(Use { column, span, is_row });
        }
    }

    /// Notes what a dotted name means.
    pub(super) fn note_target(&mut self, parts: &[Ident], target: &Target, path: Option<Sym>) {
        if self.uses.is_none() {
            return;
        }
        match target {
            Target::Column(column) => {
                let key = self.col(*column).key;
                // The fields behind the column's name are told; `t.a.a` names the first that has as many behind it.
                let own = (0..parts.len())
                    .find(|at| self.path(&parts[at + 1..]) == path && self.key(&parts[*at]) == key);
                if let Some(at) = own {
                    self.note(*column, &parts[at], false);
                }
            }
            Target::Row(columns) => {
                let Some(last) = parts.last() else { return };
                for column in columns {
                    self.note(*column, last, true);
                }
            }
            Target::Unknown(_) | Target::Nothing => {}
        }
    }

    /// Notes the two columns that a name in `using` means.
    pub(super) fn note_merged(&mut self, name: &Ident, edges: [Edge; 2]) {
        for edge in edges {
            if let From::Column(column) = edge.from {
                self.note(column, name, false);
            }
        }
    }

    /// Notes the columns that a star leaves out or changes.
    pub(super) fn note_changes(
        &mut self,
        scope: &Scope<'_>,
        qualifier: Option<&SelectItemQualifiedWildcardKind>,
        options: Option<&WildcardAdditionalOptions>,
    ) {
        let Some(options) = options.filter(|_| self.uses.is_some()) else { return };
        let mut names: Vec<Ident> = Vec::new();
        match &options.opt_exclude {
            None => {}
            Some(ExcludeSelectItem::Single(name)) => names.extend(idents(name).pop()),
            Some(ExcludeSelectItem::Multiple(all)) => {
                names.extend(all.iter().filter_map(|name| idents(name).pop()));
            }
        }
        if let Some(list) = &options.opt_except {
            names.extend(std::iter::once(&list.first_element).chain(&list.additional_elements).cloned());
        }
        match &options.opt_rename {
            None => {}
            Some(RenameSelectItem::Single(item)) => names.push(item.ident.clone()),
            Some(RenameSelectItem::Multiple(items)) => {
                names.extend(items.iter().map(|item| item.ident.clone()));
            }
        }
        let replaced = options.opt_replace.iter().flat_map(|it| &it.items);
        names.extend(replaced.map(|item| item.column_name.clone()));
        let sources: Vec<RelationId> = match qualifier {
            None => scope.sources.iter().map(|source| source.relation).collect(),
            Some(SelectItemQualifiedWildcardKind::ObjectName(name)) => {
                let keys: Vec<Sym> = idents(name).iter().map(|part| self.key(part)).collect();
                find_source(scope, &keys, false).into_iter().collect()
            }
            Some(SelectItemQualifiedWildcardKind::Expr(_)) => Vec::new(),
        };
        for name in &names {
            let (key, shown) = (self.key(name), self.shown(name));
            let merged = scope.merged.iter().rev().find(|merged| merged.key == key);
            if let Some(column) = merged.filter(|_| qualifier.is_none()).map(|merged| merged.column) {
                self.note(column, name, false);
                continue;
            }
            for relation in sources.iter().copied() {
                if matches!(self.has(relation, key), Has::Yes | Has::Maybe)
                    && let Some(column) = self.take(relation, key, shown)
                {
                    self.note(column, name, false);
                }
            }
        }
    }
}
