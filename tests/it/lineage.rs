//! Column lineage against `tests/lineage/*.case`: SQL and schema in, edges out. See `tests/lineage/README.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use buhin::lineage::{
    Catalog, CatalogColumn, From, Kind, Options, Reason, RelationId, RelationKind, ShapeEdge,
    StatementLineage, Trace, analyse, dialect_of,
};
use buhin::sql::Dialect;

/// One case of a file.
struct Case {
    name: String,
    dialect: String,
    tables: Vec<String>,
    views: Vec<(String, String)>,
    defaults: (Option<String>, Option<String>),
    sql: String,
    expect: Vec<String>,
}

/// What a file says of all its cases.
#[derive(Clone, Default)]
struct Head {
    dialect: String,
    tables: Vec<String>,
}

fn cases(text: &str) -> Vec<Case> {
    let mut parts = text.split("\n=== ");
    let mut head = Head { dialect: "generic".to_owned(), tables: Vec::new() };
    for line in parts.next().unwrap_or_default().lines() {
        if let Some(dialect) = line.strip_prefix("dialect: ") {
            dialect.trim().clone_into(&mut head.dialect);
        } else if let Some(table) = line.strip_prefix("table: ") {
            head.tables.push(table.trim().to_owned());
        }
    }
    parts.map(|part| one(part, &head)).collect()
}

fn one(text: &str, head: &Head) -> Case {
    let (name, rest) = text.split_once('\n').expect("a case has a name");
    let (input, expect) = rest.split_once("\n---\n").unwrap_or_else(|| panic!("`{name}` has no `---`"));
    let mut case = Case {
        name: name.trim().to_owned(),
        dialect: head.dialect.clone(),
        tables: head.tables.clone(),
        views: Vec::new(),
        defaults: (None, None),
        sql: String::new(),
        expect: expect.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect(),
    };
    for line in input.lines() {
        let setting = line.split_once(": ").filter(|_| case.sql.is_empty());
        match setting {
            Some(("dialect", dialect)) => dialect.trim().clone_into(&mut case.dialect),
            Some(("table", table)) => case.tables.push(table.trim().to_owned()),
            Some(("database", name)) => case.defaults.0 = Some(name.trim().to_owned()),
            Some(("schema", name)) => case.defaults.1 = Some(name.trim().to_owned()),
            Some((view, query)) if view.starts_with("view ") => {
                case.views.push((view[5..].to_owned(), query.to_owned()));
            }
            _ => {
                case.sql.push_str(line);
                case.sql.push('\n');
            }
        }
    }
    case
}

/// `orders(id int, total)`; without brackets the columns are not known.
fn add_table(catalog: &mut Catalog, text: &str) {
    let Some((name, columns)) = text.split_once('(') else { return catalog.add(text, None) };
    let columns = columns.strip_suffix(')').expect("columns stand in brackets");
    let mut depth = 0;
    let parts = columns.split(|char| {
        depth += i32::from(matches!(char, '<' | '(')) - i32::from(matches!(char, '>' | ')'));
        char == ',' && depth == 0
    });
    let parts = parts.map(|part| {
        let part = part.trim();
        let quoted = part.starts_with(['"', '`', '[']).then(|| part[1..].find(['"', '`', ']'])).flatten();
        let end = quoted.map_or_else(|| part.find(' ').unwrap_or(part.len()), |end| end + 2);
        let (name, data_type) = part.split_at(end);
        let data_type = Some(data_type.trim()).filter(|it| !it.is_empty()).map(Into::into);
        CatalogColumn { data_type, ..CatalogColumn::new(name) }
    });
    catalog.add(name, Some(parts.collect()));
}

fn shown(case: &Case) -> Vec<String> {
    let dialect = dialect_of(&case.dialect).expect("a known dialect");
    let (database, schema) = (case.defaults.0.as_deref(), case.defaults.1.as_deref());
    let mut catalog = Catalog::new(dialect).with_defaults(database, schema);
    for table in &case.tables {
        add_table(&mut catalog, table);
    }
    for (name, query) in &case.views {
        catalog.add_view(name, query);
    }
    let statements = analyse(&case.sql, &catalog, Options::default());
    statements.iter().flat_map(|lineage| lines(lineage, &case.sql)).collect()
}

/// A statement in the form of the cases.
fn lines(lineage: &StatementLineage, sql: &str) -> Vec<String> {
    let mut all = Vec::new();
    if let Some(opaque) = &lineage.opaque {
        let reads: Vec<String> = lineage.tables().map(|id| lineage.name_of(id)).collect();
        assert!(!opaque.reason.is_empty(), "an opaque statement has a reason");
        all.push(format!("opaque: reads {}", reads.join(", ")).trim_end().to_owned());
    }
    if let Some(target) = &lineage.target {
        all.push(format!("{}: {}", lineage.kind.name(), lineage.dotted(target)));
    }
    let mut trace = Trace::new(lineage);
    for id in lineage.outputs() {
        let column = lineage.column(*id);
        let origins = trace.origins(*id);
        let mut from: Vec<String> = origins
            .iter()
            .map(|origin| {
                let path = origin.path.map(|path| format!("[{}]", lineage.text(path))).unwrap_or_default();
                let kind = if origin.kind == Kind::Identity {
                    String::new()
                } else {
                    format!(" {}", origin.kind.name())
                };
                format!("{}{path}{kind}", beginning(lineage, origin.from))
            })
            .collect();
        from.sort();
        if from.is_empty() {
            from.push(trace.kind(*id).name().to_owned());
        }
        if let Some(span) = &column.span {
            assert!(sql.get(span.start as usize..span.end as usize).is_some(), "a place is within the text");
        }
        let name = if column.is_unnamed { "(unnamed)" } else { lineage.text(column.name) };
        all.push(format!("{name} = {}", from.join(", ")));
    }
    let shape = shape(lineage, &mut trace);
    if !shape.is_empty() {
        all.push(format!("shape: {}", shape.into_iter().collect::<Vec<_>>().join(", ")));
    }
    for problem in &lineage.problems {
        let place = problem.span.as_ref().map(|span| &sql[span.start as usize..span.end as usize]);
        if problem.reason == Reason::NoSuchColumn {
            let place = place.map(|text| text.trim_matches(['"', '`', '[', ']']));
            assert_eq!(place, problem.name.rsplit('.').next(), "an error stands at its name");
        }
        all.push(format!("error: {} {}", problem.reason.name(), problem.name));
    }
    all
}

/// Every shape edge that the output depends on, traced to tables.
fn shape(lineage: &StatementLineage, trace: &mut Trace<'_>) -> BTreeSet<String> {
    let mut seen: BTreeSet<RelationId> = BTreeSet::new();
    let mut waiting: Vec<RelationId> = lineage.output.into_iter().collect();
    let mut all = BTreeSet::new();
    while let Some(id) = waiting.pop() {
        if !seen.insert(id) {
            continue;
        }
        waiting.extend(&lineage.relation(id).inputs);
        for ShapeEdge { from, role } in &lineage.relation(id).shape {
            let origins: Vec<From> = match from {
                From::Column(column) => trace.origins(*column).iter().map(|origin| origin.from).collect(),
                unknown @ From::Unknown(_) => vec![*unknown],
            };
            all.extend(
                origins.into_iter().map(|from| format!("{} {}", beginning(lineage, from), role.name())),
            );
        }
    }
    all
}

fn beginning(lineage: &StatementLineage, from: From) -> String {
    match from {
        From::Column(id) => {
            let column = lineage.column(id);
            let is_function = lineage.relation(column.relation).kind == RelationKind::Function;
            let brackets = if is_function { "()" } else { "" };
            format!("{}{brackets}.{}", lineage.name_of(column.relation), lineage.text(column.name))
        }
        From::Unknown(id) => {
            let unknown = lineage.unknown(id);
            format!("?{} ({})", lineage.text(unknown.name), unknown.reason.name())
        }
    }
}

fn files() -> Vec<(String, Vec<Case>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lineage");
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).expect("there are cases").map(|it| it.expect("a file").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "case"));
    paths.sort();
    let read = |path: &std::path::PathBuf| {
        let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
        (name, cases(&std::fs::read_to_string(path).expect("cases are UTF-8")))
    };
    paths.iter().map(read).collect()
}

#[test]
fn every_case_of_lineage_gives_its_edges() {
    let mut wrong = String::new();
    for (file, cases) in files() {
        for case in cases {
            let found = shown(&case);
            let wants_shape = case.expect.iter().any(|line| line.starts_with("shape: "));
            let compared: Vec<&String> =
                found.iter().filter(|line| wants_shape || !line.starts_with("shape: ")).collect();
            if compared != case.expect.iter().collect::<Vec<_>>() {
                let (found, expect) = (found.join("\n  "), case.expect.join("\n  "));
                wrong.push_str(&format!(
                    "\n{file}: {} [{}]\n{}expected:\n  {expect}\nfound:\n  {found}\n",
                    case.name, case.dialect, case.sql
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn cases_of_lineage_cover_dialects_and_honesty() {
    let all: Vec<Case> = files().into_iter().flat_map(|(_, cases)| cases).collect();
    let names: BTreeSet<(&str, &str, &str)> =
        all.iter().map(|case| (case.dialect.as_str(), case.name.as_str(), case.sql.as_str())).collect();
    assert_eq!(names.len(), all.len(), "two cases are the same");
    let is_honest = |case: &&Case| {
        case.expect
            .iter()
            .any(|line| line.contains('?') || line.starts_with("error:") || line.starts_with("opaque:"))
    };
    assert!(
        all.iter().filter(is_honest).count() >= HONEST,
        "too few cases that must give unknown or an error"
    );
    assert!(all.len() >= CASES, "only {} cases", all.len());
    let mut of_dialect: BTreeMap<&str, usize> = BTreeMap::new();
    for case in &all {
        let dialect = dialect_of(&case.dialect).expect("a known dialect");
        *of_dialect.entry(dialect.name()).or_default() += 1;
    }
    println!("cases: {of_dialect:?}");
    for name in Dialect::NAMES {
        let count = of_dialect.get(name).copied().unwrap_or_default();
        assert!(count >= OF_DIALECT, "only {count} cases of {name}");
    }
}

/// Statements that are large, deep or wide in ways that must not cost more than their size.
#[test]
fn odd_shapes_are_followed_in_bounded_work() {
    let catalog = Catalog::new(dialect_of("duckdb").expect("a dialect"));
    let origins = |sql: &str| -> Vec<usize> {
        let statements = analyse(sql, &catalog, Options::default());
        assert!(statements[0].opaque.is_none(), "{:?}", statements[0].opaque);
        let mut trace = Trace::new(&statements[0]);
        statements[0].outputs().iter().map(|id| trace.origins(*id).len()).collect()
    };
    let mut chain = "with c0 as (select * from t)".to_owned();
    for at in 1..400 {
        chain.push_str(&format!(", c{at} as (select * from c{})", at - 1));
    }
    assert_eq!(origins(&format!("{chain} select a from c399")), [1]);

    let mut doubled = "with c0 as (select a from t)".to_owned();
    for at in 1..60 {
        doubled.push_str(&format!(", c{at} as (select x.a + y.a as a from c{0} x, c{0} y)", at - 1));
    }
    assert_eq!(origins(&format!("{doubled} select a from c59")), [1]);

    let mut stars = "with c0 as (select * from t)".to_owned();
    for at in 1..40 {
        stars.push_str(&format!(", c{at} as (select x.*, y.b as b{at} from c{0} x, c{0} y)", at - 1));
    }
    assert_eq!(origins(&format!("{stars} select a, b39 from c39")), [1, 1]);

    let sum = vec!["a"; 3000].join(" + ");
    assert_eq!(origins(&format!("select {sum} as s from t")), [1]);

    let union = vec!["select a, b from t"; 1000].join(" union all ");
    assert_eq!(origins(&union), [1, 1]);

    let brackets = format!("select {}a{} as x from t", "(".repeat(300), ")".repeat(300));
    assert_eq!(origins(&brackets), [1]);
}

/// At least so many cases each dialect has.
const OF_DIALECT: usize = 15;

/// At least so many cases there are.
const CASES: usize = 400;

/// At least so many of them can't be told, or are mistakes.
const HONEST: usize = 60;
