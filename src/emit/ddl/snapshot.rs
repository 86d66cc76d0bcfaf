//! dbt snapshots: a table that keeps each state that a row ever had, with the times it was valid.
//!
//! The first run writes all rows ([`first`]). A later run has two halves, as an incremental part has: [`stage`]
//! puts the query's rows into a temporary table, and [`apply`], which knows the columns of both tables, closes
//! the rows that changed or went and adds their new state.

use serde_json::Value;

use super::super::errors;
use super::relation::{aside, drop_if_exists, temp};
use super::table::{TableKind, body, swap, table_as, temp_table};
use super::{Build, Column, Purpose, Statement};
use crate::diagnostic::Diagnostic;
use crate::sql::{Dialect, Relation, RelationKind};

/// A snapshot's config.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    keys: Vec<String>,
    changed_by: ChangedBy,
    hard_deletes: HardDeletes,
    names: Names,
    valid_to_current: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum ChangedBy {
    Timestamp(String),
    AllColumns(Option<String>),
    Columns(Vec<String>, Option<String>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HardDeletes {
    Ignore,
    Invalidate,
    NewRecord,
}

/// The names of the columns that a snapshot adds.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Names {
    valid_from: String,
    valid_to: String,
    scd_id: String,
    updated_at: String,
    is_deleted: String,
}

impl Snapshot {
    /// Reads a snapshot's config.
    pub fn of(build: &Build<'_>) -> Result<Self, Diagnostic> {
        let config = build.config;
        let missing = |key: &str, why: &str| errors::missing_config(build.at, build.name, key, why);
        let keys = match config.get("unique_key") {
            Some(Value::String(key)) => vec![key.trim().to_owned()],
            Some(Value::Array(keys)) => keys.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => return Err(missing("unique_key", "a snapshot tells rows apart by it")),
        };
        let updated_at = config.text("updated_at").map(str::to_owned);
        let changed_by = match config.text("strategy").unwrap_or_default() {
            "timestamp" => ChangedBy::Timestamp(
                updated_at.ok_or_else(|| missing("updated_at", "the strategy `timestamp` compares it"))?,
            ),
            "check" => match config.get("check_cols") {
                Some(Value::String(all)) if all == "all" => ChangedBy::AllColumns(updated_at),
                Some(Value::Array(columns)) if !columns.is_empty() => {
                    let columns = columns.iter().filter_map(Value::as_str).map(str::to_owned);
                    ChangedBy::Columns(columns.collect(), updated_at)
                }
                _ => return Err(missing("check_cols", "a list of columns, or `all`")),
            },
            "" => return Err(missing("strategy", "`timestamp` or `check`")),
            word => return Err(errors::unknown_word(build.at, "strategy", word, &["timestamp", "check"])),
        };
        let invalidate = config.get("invalidate_hard_deletes").and_then(Value::as_bool).unwrap_or(false);
        let hard_deletes = match config.text("hard_deletes") {
            None if invalidate => HardDeletes::Invalidate,
            None | Some("ignore") => HardDeletes::Ignore,
            Some("invalidate") => HardDeletes::Invalidate,
            Some("new_record") => HardDeletes::NewRecord,
            Some(word) => {
                let known = ["ignore", "invalidate", "new_record"];
                return Err(errors::unknown_word(build.at, "hard_deletes", word, &known));
            }
        };
        let name = |key: &str| config.snapshot_column(key).to_owned();
        let names = Names {
            valid_from: name("dbt_valid_from"),
            valid_to: name("dbt_valid_to"),
            scd_id: name("dbt_scd_id"),
            updated_at: name("dbt_updated_at"),
            is_deleted: name("dbt_is_deleted"),
        };
        let valid_to_current = config.text("dbt_valid_to_current").map(|text| text.trim().to_owned());
        Ok(Self { keys, changed_by, hard_deletes, names, valid_to_current })
    }

    /// The expression for the time from which a source row is valid.
    fn updated_at(&self, dialect: Dialect) -> String {
        match &self.changed_by {
            ChangedBy::Timestamp(column) => column.clone(),
            ChangedBy::AllColumns(column) | ChangedBy::Columns(_, column) => {
                column.clone().unwrap_or_else(|| now(dialect))
            }
        }
    }

    /// A hash of the key and the time, equal to dbt's.
    fn scd_id(&self, dialect: Dialect, time: &str) -> String {
        hash(dialect, self.keys.iter().map(String::as_str).chain([time]))
    }

    /// True for a row of the table that is valid now.
    fn is_current(&self, row: &str) -> String {
        let column = format!("{row}.{}", self.names.valid_to);
        match &self.valid_to_current {
            Some(current) => format!("({column} = {current} or {column} is null)"),
            None => format!("{column} is null"),
        }
    }

    fn open_end(&self, time: &str) -> String {
        let current = self.valid_to_current.as_deref().unwrap_or("null");
        format!("coalesce(nullif({time}, {time}), {current})")
    }
}

/// The whole table, at the first run.
pub fn first(build: &Build<'_>, snapshot: &Snapshot) -> Vec<Statement> {
    let dialect = build.dialect();
    let time = snapshot.updated_at(dialect);
    let names = &snapshot.names;
    let deleted = match snapshot.hard_deletes {
        HardDeletes::NewRecord => format!(",\n  'False' as {}", names.is_deleted),
        _ => String::new(),
    };
    let sql = format!(
        "select *,\n  {} as {},\n  {time} as {},\n  {time} as {},\n  {} as {}{deleted}\nfrom {} as sbq",
        snapshot.scd_id(dialect, &time),
        names.scd_id,
        names.updated_at,
        names.valid_from,
        snapshot.open_end(&time),
        names.valid_to,
        body(Dialect::DuckDb, build.sql),
    );
    let new = aside(build.relation);
    let build = Build { sql: &sql, ..*build };
    let mut statements = vec![
        drop_if_exists(&new, RelationKind::Table, Purpose::Prepare),
        Statement::new(Purpose::Main, table_as(&build, &new, TableKind::Plain)),
    ];
    statements.extend(swap(&new, build.relation, build.existing));
    statements
}

/// First half of a later run: the query's rows in a temporary table, and that table's name.
pub fn stage(build: &Build<'_>) -> (Relation, Vec<Statement>) {
    let source = temp(build.relation);
    let statements = temp_table(build, &source);
    (source, statements)
}

/// Second half; `incoming` are the columns of the temporary table, `present` those of the snapshot.
///
/// The caller runs both halves in one transaction, so that `now()` is one time.
pub fn apply(
    build: &Build<'_>,
    snapshot: &Snapshot,
    incoming: &[Column],
    present: &[Column],
) -> Vec<Statement> {
    let dialect = build.dialect();
    let names = &snapshot.names;
    let quote = |name: &str| dialect.quote(name);
    let has = |name: &str| present.iter().any(|column| column.name.eq_ignore_ascii_case(name));
    let target = build.relation.render();
    let source = temp(build.relation);
    let suffixed = |suffix: &str| Relation {
        identifier: source.identifier.as_ref().map(|name| format!("{name}{suffix}")),
        ..source.clone()
    };
    let (changes, gone) = (suffixed("_changes"), suffixed("_gone"));
    let source = source.render();
    let (changes_name, gone_name) = (changes.render(), gone.render());
    let mut statements = Vec::new();

    let mut added: Vec<&Column> = incoming.iter().filter(|column| !has(&column.name)).collect();
    let flag = Column::new(names.is_deleted.clone(), "varchar");
    if snapshot.hard_deletes == HardDeletes::NewRecord && !has(&names.is_deleted) {
        added.push(&flag);
    }
    for column in &added {
        let sql = format!("alter table {target} add column {} {}", quote(&column.name), column.data_type);
        statements.push(Statement::new(Purpose::Prepare, sql));
    }

    // Rows that are new or changed, with the id of the state they end.
    let time = snapshot.updated_at(dialect);
    let keys = |prefix: &str| {
        let keys = snapshot.keys.iter().enumerate();
        keys.map(|(at, key)| format!("{key} as {prefix}{}", at + 1)).collect::<Vec<_>>().join(", ")
    };
    let on =
        (1..=snapshot.keys.len()).map(|at| format!("current_rows.buhin_key_{at} = new_rows.buhin_key_{at}"));
    let on = on.collect::<Vec<_>>().join(" and ");
    let mut changed = row_changed(dialect, snapshot, incoming, present);
    if snapshot.hard_deletes == HardDeletes::NewRecord {
        changed = format!("({changed} or current_rows.{} = 'True')", names.is_deleted);
    }
    let current = format!(
        "current_rows as (\n  select *, {}\n  from {target} as t\n  where {}\n)",
        keys("buhin_key_"),
        snapshot.is_current("t")
    );
    let new = format!(
        "new_rows as (\n  select *, {}, {time} as buhin_time, {} as buhin_scd_id\n  from {source}\n)",
        keys("buhin_key_"),
        snapshot.scd_id(dialect, &time)
    );
    let create = create_temp(dialect);
    statements.push(drop_if_exists(&changes, RelationKind::Table, Purpose::Prepare));
    statements.push(Statement::new(
        Purpose::Main,
        format!(
            "{create} {changes_name} as\nwith {current},\n{new}\nselect new_rows.*, current_rows.{} as buhin_ends\n\
             from new_rows\nleft join current_rows on {on}\n\
             where current_rows.buhin_key_1 is null\n  or {changed}",
            names.scd_id
        ),
    ));
    let deletes = snapshot.hard_deletes != HardDeletes::Ignore;
    if deletes {
        let not_gone = match snapshot.hard_deletes {
            HardDeletes::NewRecord => {
                format!("\n  and (current_rows.{0} is null or current_rows.{0} <> 'True')", names.is_deleted)
            }
            _ => String::new(),
        };
        let now = now(dialect);
        statements.push(drop_if_exists(&gone, RelationKind::Table, Purpose::Prepare));
        statements.push(Statement::new(
            Purpose::Main,
            format!(
                "{create} {gone_name} as\nwith {current},\n{new}\nselect current_rows.*, {now} as buhin_time\n\
                 from current_rows\nleft join new_rows on {on}\nwhere new_rows.buhin_key_1 is null{not_gone}"
            ),
        ));
    }

    // The states that end.
    let is_current = snapshot.is_current("t");
    let (scd_id, valid_to) = (&names.scd_id, &names.valid_to);
    statements.push(Statement::new(
        Purpose::Main,
        format!(
            "update {target} as t\nset {valid_to} = c.buhin_time\nfrom {changes_name} as c\n\
             where c.buhin_ends = t.{scd_id} and {is_current}"
        ),
    ));
    if deletes {
        statements.push(Statement::new(
            Purpose::Main,
            format!(
                "update {target} as t\nset {valid_to} = g.buhin_time\nfrom {gone_name} as g\n\
                 where g.{scd_id} = t.{scd_id} and {is_current}"
            ),
        ));
    }

    // The states that begin.
    let columns: Vec<String> = incoming.iter().map(|column| quote(&column.name)).collect();
    let list = columns.join(", ");
    let (updated_at, valid_from) = (&names.updated_at, &names.valid_from);
    let flagged = snapshot.hard_deletes == HardDeletes::NewRecord;
    let flag_name = if flagged { format!(", {}", names.is_deleted) } else { String::new() };
    let insert =
        format!("insert into {target} ({list}, {scd_id}, {updated_at}, {valid_from}, {valid_to}{flag_name})");
    let open = snapshot.open_end("buhin_time");
    let flag_value = if flagged { ", 'False'" } else { "" };
    statements.push(Statement::new(
        Purpose::Main,
        format!(
            "{insert}\nselect {list}, buhin_scd_id, buhin_time, buhin_time, {open}{flag_value}\nfrom {changes_name}"
        ),
    ));
    if flagged {
        let id = hash(dialect, [scd_id.as_str(), "buhin_time"].into_iter());
        let kept = incoming.iter().map(|column| {
            let name = quote(&column.name);
            if has(&column.name) || added.iter().any(|it| it.name == column.name) {
                name
            } else {
                "null".into()
            }
        });
        let kept = kept.collect::<Vec<_>>().join(", ");
        statements.push(Statement::new(
            Purpose::Main,
            format!(
                "{insert}\nselect {kept}, {id}, buhin_time, buhin_time, {open}, 'True'\nfrom {gone_name}"
            ),
        ));
        statements.push(drop_if_exists(&gone, RelationKind::Table, Purpose::Tidy));
    } else if deletes {
        statements.push(drop_if_exists(&gone, RelationKind::Table, Purpose::Tidy));
    }
    statements.push(drop_if_exists(&changes, RelationKind::Table, Purpose::Tidy));
    statements.push(drop_if_exists(&temp(build.relation), RelationKind::Table, Purpose::Tidy));
    statements
}

/// True where a source row differs from its current state.
fn row_changed(dialect: Dialect, snapshot: &Snapshot, incoming: &[Column], present: &[Column]) -> String {
    let (columns, all) = match &snapshot.changed_by {
        ChangedBy::Timestamp(column) => {
            return format!("current_rows.{} < new_rows.{column}", snapshot.names.valid_from);
        }
        ChangedBy::AllColumns(_) => (incoming.iter().map(|column| column.name.clone()).collect(), true),
        ChangedBy::Columns(columns, _) => (columns.clone(), false),
    };
    let bare = |name: &str| name.trim_matches(['"', '`', '[', ']']).to_lowercase();
    let has = |name: &str| present.iter().any(|column| bare(&column.name) == bare(name));
    // A column that the snapshot has not seen yet changes every row.
    if columns.iter().any(|name| !has(name)) {
        return "true".to_owned();
    }
    let differs = columns.iter().map(|name| {
        let name = if all { dialect.quote(name) } else { name.clone() };
        let (old, new) = (format!("current_rows.{name}"), format!("new_rows.{name}"));
        format!(
            "{old} <> {new} or ({old} is null and {new} is not null) or ({old} is not null and {new} is null)"
        )
    });
    format!("({})", differs.collect::<Vec<_>>().join("\n    or "))
}

/// MD5 of the expressions' texts.
fn hash<'e>(dialect: Dialect, expressions: impl Iterator<Item = &'e str>) -> String {
    let text = if dialect == Dialect::BigQuery { "string" } else { "varchar" };
    let parts = expressions.map(|expression| format!("coalesce(cast({expression} as {text}), '')"));
    let parts = parts.collect::<Vec<_>>().join(" || '|' || ");
    if dialect == Dialect::BigQuery { format!("to_hex(md5({parts}))") } else { format!("md5({parts})") }
}

fn create_temp(dialect: Dialect) -> &'static str {
    if super::relation::has_temp_tables(dialect) {
        "create temporary table"
    } else {
        "create or replace table"
    }
}

fn now(dialect: Dialect) -> String {
    match dialect {
        Dialect::DuckDb => "now()::timestamp",
        Dialect::Postgres => "now()::timestamp without time zone",
        Dialect::Redshift | Dialect::MsSql | Dialect::Fabric => "getdate()",
        Dialect::Snowflake => "to_timestamp_ntz(convert_timezone('UTC', current_timestamp()))",
        Dialect::BigQuery | Dialect::Databricks | Dialect::Spark => "current_timestamp()",
        Dialect::ClickHouse => "now()",
        _ => "current_timestamp",
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::Config;
    use crate::source::{FileId, Span};
    use serde_json::json;

    fn check(config: &Value, present: &[&str]) -> Result<String, String> {
        let relation = crate::emit::ddl::named("s.snap", false, Dialect::DuckDb);
        let config = Config { values: config.as_object().cloned().unwrap_or_default() };
        let build = Build {
            name: "snap",
            at: Span::new(FileId(0), 0, 0),
            relation: &relation,
            sql: "select 1 as id, 2 as a",
            config: &config,
            existing: Some(RelationKind::Table),
        };
        let snapshot = Snapshot::of(&build).map_err(|it| it.message)?;
        let incoming = [Column::new("id", "integer"), Column::new("a", "integer")];
        let present = present.iter().map(|name| Column::new(*name, "integer")).collect::<Vec<_>>();
        let statements = apply(&build, &snapshot, &incoming, &present);
        Ok(statements.iter().map(|it| format!("{};\n", it.sql)).collect())
    }

    #[test]
    fn a_new_column_counts_as_a_change_of_every_row() {
        let shown = check(&json!({"unique_key": "id", "strategy": "check", "check_cols": "all"}), &["id"]);
        let shown = shown.unwrap();
        assert!(shown.contains("alter table s.snap add column \"a\" integer"), "{shown}");
        assert!(shown.contains("or true"), "{shown}");
    }

    #[test]
    fn a_strategy_that_does_not_exist_is_named() {
        let shown = check(&json!({"unique_key": "id", "strategy": "chekc"}), &[]);
        assert_eq!(shown.unwrap_err(), "`strategy` can't be `chekc`");
    }

    #[test]
    fn deleted_rows_end_when_asked() {
        let config = json!({"unique_key": "id", "strategy": "timestamp", "updated_at": "a"});
        assert!(!check(&config, &["id", "a"]).unwrap().contains("_gone"));
        let config = json!({"unique_key": "id", "strategy": "timestamp", "updated_at": "a",
            "hard_deletes": "invalidate"});
        assert!(check(&config, &["id", "a"]).unwrap().contains("from snap__buhin_tmp_gone as g"));
    }
}
