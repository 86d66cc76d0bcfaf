//! The list of a `select`: stars, names, and the columns that come out.

use sqlparser::ast::{
    ExceptSelectItem, ExcludeSelectItem, Expr as Ast, Ident, ObjectName, ObjectNamePart, RenameSelectItem,
    SelectItem, SelectItemQualifiedWildcardKind, WildcardAdditionalOptions,
};

use super::names::Clause;
use super::{Names, Reader, Result, not};
use crate::review::canon::OutputName;
use crate::review::canon::model::{Expr, Field, Source};
use crate::sql::Dialect;

impl Reader<'_> {
    /// Reads the list; the innermost scope gets its aliases.
    pub(super) fn items(&mut self, items: &[SelectItem], sources: &[Source]) -> Result<(Vec<Expr>, Names)> {
        let mut columns = Vec::new();
        let mut names: Vec<Option<OutputName>> = Vec::new();
        for item in items {
            match item {
                SelectItem::UnnamedExpr(ast) => {
                    columns.push(self.expr(ast, Clause::Items)?);
                    names.push(Some(self.own_name(ast)));
                }
                SelectItem::ExprWithAlias { expr, alias } => {
                    let expr = self.expr(expr, Clause::Items)?;
                    let key = self.key(alias);
                    if let Some(scope) = self.scopes.last_mut() {
                        scope.aliases.push((key.clone(), expr.clone()));
                    }
                    columns.push(expr);
                    names.push(Some(OutputName { shown: self.shown(alias, &key), key }));
                }
                SelectItem::Wildcard(options) => {
                    let all: Vec<u32> = (0..sources.len() as u32).collect();
                    // Where `using` puts its columns differs, so such a star stays one.
                    let merges =
                        sources.iter().any(|source| source.says.iter().any(|it| it.parts("using").is_some()));
                    self.star(&all, 0, merges, options, &mut columns, &mut names)?;
                }
                SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options) => {
                    let keys = self.keys(name)?;
                    let (depth, source) = self
                        .starred(&keys)
                        .ok_or_else(|| not(format!("no relation `{}` is found", keys.join("."))))?;
                    self.star(&[source], depth, false, options, &mut columns, &mut names)?;
                }
                other => return Err(not(format!("`{other}` in `select` is not known here"))),
            }
            self.grow(1)?;
        }
        // With a star among them, no place is known, and columns are found by their names.
        if names.iter().any(Option::is_none) {
            for (column, name) in columns.iter_mut().zip(&names) {
                if let Some(name) = name {
                    let inner = std::mem::replace(column, Expr::text(""));
                    *column = Expr::node(format!("as {}", name.key), vec![inner]);
                }
            }
        }
        Ok((columns, Some(names)))
    }

    fn keys(&self, name: &ObjectName) -> Result<Vec<String>> {
        let key = |part: &ObjectNamePart| match part {
            ObjectNamePart::Identifier(name) => Ok(self.key(name)),
            ObjectNamePart::Function(_) => Err(not("a name made by a call is not known here")),
        };
        name.0.iter().map(key).collect()
    }

    /// A name's case as readers see it, where the warehouse keeps it.
    fn shown(&self, name: &Ident, key: &str) -> String {
        match self.dialect {
            Dialect::Postgres | Dialect::Snowflake | Dialect::Redshift | Dialect::Trino | Dialect::Athena => {
                key.to_owned()
            }
            _ => name.value.clone(),
        }
    }

    /// The name that an item without an alias has.
    fn own_name(&self, ast: &Ast) -> OutputName {
        let name = match ast {
            Ast::Identifier(name) => Some(name),
            Ast::CompoundIdentifier(parts) => parts.last(),
            _ => None,
        };
        if let Some(name) = name {
            let key = self.key(name);
            // DuckDB gives the column's own name, however it is written here.
            let shown = if self.dialect == Dialect::DuckDb { key.clone() } else { self.shown(name, &key) };
            return OutputName { key, shown };
        }
        // What a warehouse calls it hangs on how it is written.
        let text = ast.to_string();
        OutputName { key: text.to_lowercase(), shown: text.to_lowercase() }
    }

    fn star(
        &mut self,
        sources: &[u32],
        depth: u32,
        merges: bool,
        options: &WildcardAdditionalOptions,
        columns: &mut Vec<Expr>,
        names: &mut Vec<Option<OutputName>>,
    ) -> Result<()> {
        let WildcardAdditionalOptions {
            wildcard_token: _,
            opt_ilike,
            opt_exclude,
            opt_except,
            opt_replace,
            opt_rename,
            opt_alias,
        } = options;
        if opt_ilike.is_some() || opt_alias.is_some() {
            return Err(not("`* ilike` is not known here"));
        }
        let mut excluded: Vec<String> = Vec::new();
        match opt_exclude {
            Some(ExcludeSelectItem::Single(name)) => excluded.push(self.keys(name)?.join(".")),
            Some(ExcludeSelectItem::Multiple(names)) => {
                for name in names {
                    excluded.push(self.keys(name)?.join("."));
                }
            }
            None => {}
        }
        if let Some(ExceptSelectItem { first_element, additional_elements }) = opt_except {
            excluded.push(self.key(first_element));
            excluded.extend(additional_elements.iter().map(|name| self.key(name)));
        }
        let mut replaced: Vec<(String, Expr)> = Vec::new();
        for item in opt_replace.iter().flat_map(|replace| &replace.items) {
            replaced.push((self.key(&item.column_name), self.expr(&item.expr, Clause::Rows)?));
        }
        let renames = match opt_rename {
            Some(RenameSelectItem::Single(one)) => std::slice::from_ref(one),
            Some(RenameSelectItem::Multiple(all)) => all,
            None => &[],
        };
        let renamed: Vec<(String, String, String)> = renames
            .iter()
            .map(|one| {
                let key = self.key(&one.alias);
                (self.key(&one.ident), self.shown(&one.alias, &key), key)
            })
            .collect();
        let is_bare = excluded.is_empty() && replaced.is_empty() && renamed.is_empty();
        for source in sources {
            let column = |field| Expr::Column { depth, source: *source, field };
            let scope = &self.scopes[self.scopes.len() - 1 - depth as usize];
            let seen = &scope.sources[*source as usize];
            let known = seen.columns.clone();
            let known = known.filter(|_| !merges).filter(|known| known.iter().all(Option::is_some));
            let Some(known) = known else {
                let mut parts = vec![column(Field::All)];
                if !is_bare {
                    let mut names: Vec<Expr> = excluded.iter().map(Expr::text).collect();
                    names.sort();
                    parts.push(Expr::node("except", names));
                    parts.extend(
                        replaced
                            .iter()
                            .map(|(key, expr)| Expr::node(format!("replace {key}"), vec![expr.clone()])),
                    );
                    parts.extend(
                        renamed.iter().map(|(from, _, to)| Expr::text(format!("rename {from} {to}"))),
                    );
                }
                let head = if merges { "star with using" } else { "star" };
                columns.push(Expr::node(head, parts));
                names.push(None);
                continue;
            };
            for (at, name) in known.into_iter().flatten().enumerate() {
                if excluded.contains(&name.key) {
                    continue;
                }
                let replacement = replaced.iter().find(|(key, _)| *key == name.key);
                columns.push(replacement.map_or_else(|| column(seen.at(at)), |(_, expr)| expr.clone()));
                let rename = renamed.iter().find(|(from, ..)| *from == name.key);
                names.push(Some(match rename {
                    Some((_, shown, key)) => OutputName { key: key.clone(), shown: shown.clone() },
                    None => name,
                }));
            }
        }
        Ok(())
    }
}
