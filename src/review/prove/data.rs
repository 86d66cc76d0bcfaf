//! The rows of a trial: first tiny tables, then larger ones.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::InputTable;
use super::cell::Cell;
use super::chance::Chance;
use super::domain::Pools;
use super::literal::Literal;
use super::schema::{Schema, Table};

/// The rows of all tables, in the order of the schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Data {
    /// For each table its rows.
    pub(super) tables: Vec<Vec<Vec<Cell>>>,
}

/// Makes tables.
pub(super) struct Maker {
    pools: Vec<Vec<Pools>>,
    /// Numbers of the queries that may be numbers of rows.
    sizes: Vec<usize>,
    /// Classes with a key.
    keyed: BTreeSet<usize>,
}

impl Maker {
    /// Looks at the schema once.
    pub(super) fn new(schema: &Schema) -> Self {
        let pools = schema
            .tables
            .iter()
            .map(|table| table.columns.iter().map(|column| Pools::of(column, schema)).collect());
        let sizes = schema.evidence.general.iter().filter_map(|literal| match literal {
            Literal::Number(number) if (1000..=200_000).contains(number) => {
                usize::try_from(number / 1000).ok()
            }
            _ => None,
        });
        let all = schema.tables.iter().flat_map(|table| &table.columns);
        let keyed = all.filter(|column| column.unique).map(|column| column.class).collect();
        Self { pools: pools.collect(), sizes: sizes.collect(), keyed }
    }

    /// The tables of a trial; the first are empty.
    pub(super) fn data(&self, schema: &Schema, trial: usize, chance: &mut Chance) -> Data {
        let shape = Shape::of(trial, &self.sizes, chance);
        let counts: Vec<usize> = schema.tables.iter().map(|_| shape.rows(chance)).collect();
        let most = counts.iter().copied().max().unwrap_or(0);
        let mut domains: FxHashMap<(usize, String), Vec<Cell>> = FxHashMap::default();
        let tables = schema.tables.iter().zip(&self.pools).zip(&counts).map(|((table, pools), count)| {
            let domains = table.columns.iter().zip(pools).map(|(column, pools)| {
                // Columns of one class and kind share their values.
                let key = (column.class, format!("{:?}", column.kind));
                let made = domains.entry(key).or_insert_with(|| {
                    if self.keyed.contains(&column.class) {
                        pools.keys(&column.kind, most, chance)
                    } else {
                        pools.draw(shape.width(chance), chance)
                    }
                });
                made.clone()
            });
            let domains: Vec<Vec<Cell>> = domains.collect();
            rows(table, &domains, *count, &shape, chance)
        });
        Data { tables: tables.collect() }
    }
}

impl Data {
    /// No rows at all.
    pub(super) fn empty(schema: &Schema) -> Self {
        Self { tables: vec![Vec::new(); schema.tables.len()] }
    }

    /// How many rows there are in all.
    pub(super) fn len(&self) -> usize {
        self.tables.iter().map(Vec::len).sum()
    }

    /// The same rows, stored in another order.
    pub(super) fn shuffled(&self, chance: &mut Chance) -> Self {
        let mut other = self.clone();
        for rows in &mut other.tables {
            chance.shuffle(rows);
        }
        other
    }

    /// The same rows, stored in the opposite order.
    pub(super) fn reversed(&self) -> Self {
        let mut other = self.clone();
        for rows in &mut other.tables {
            rows.reverse();
        }
        other
    }

    /// Statements that make all tables.
    pub(super) fn sql(&self, schema: &Schema) -> String {
        let all = schema.tables.iter().zip(&self.tables).map(|(table, rows)| table_sql(table, rows));
        all.collect::<Vec<_>>().join(";\n")
    }

    /// The tables as they are shown.
    pub(super) fn shown(&self, schema: &Schema) -> Vec<InputTable> {
        let all = schema.tables.iter().zip(&self.tables).map(|(table, rows)| InputTable {
            name: table.name(),
            columns: table
                .columns
                .iter()
                .map(|column| (column.name.clone(), column.type_name.to_lowercase()))
                .collect(),
            rows: rows.iter().map(|row| row.iter().map(Cell::shown).collect()).collect(),
            sql: table_sql(table, rows),
        });
        all.collect()
    }
}

fn table_sql(table: &Table, rows: &[Vec<Cell>]) -> String {
    let row = |row: &Vec<Cell>| format!("({})", row.iter().map(Cell::sql).collect::<Vec<_>>().join(", "));
    table.ddl(&rows.iter().map(row).collect::<Vec<_>>())
}

/// What the tables of a trial are like.
struct Shape {
    /// From and to how many rows.
    rows: (usize, usize),
    /// From and to how many values a column has.
    width: (usize, usize),
    /// In so many of a hundred cases a table is empty.
    empty: usize,
    /// In so many of a hundred cases a value is NULL.
    nulls: usize,
    /// In so many of a hundred cases a row is another's copy, but for keys.
    copies: usize,
}

impl Shape {
    fn of(trial: usize, sizes: &[usize], chance: &mut Chance) -> Self {
        let nulls = [0, 15, 15, 35][chance.below(4)];
        let copies = [0, 0, 40][chance.below(3)];
        let of = |rows, width, empty| Self { rows, width, empty, nulls, copies };
        if trial == 0 {
            return of((0, 0), (1, 1), 100);
        }
        // A number of the queries may be that of a HAVING or a LIMIT: just so many rows of one group, and around it.
        if trial % 8 == 7
            && let Some(size) = chance.one(sizes)
        {
            return of((size.saturating_sub(1), size + 1), (1, 2), 0);
        }
        match (trial + chance.below(3)) % 16 {
            0..=4 => of((1, 3), (1, 3), 5),
            5..=8 => of((1, 5), (2, 4), 8),
            9..=11 => of((2, 6), (1, 2), 0),
            12..=13 => of((4, 12), (2, 6), 5),
            14 => of((10, 30), (3, 12), 0),
            _ => of((20, 70), (1, 20), 0),
        }
    }

    fn rows(&self, chance: &mut Chance) -> usize {
        if chance.percent(self.empty) { 0 } else { chance.between(self.rows.0, self.rows.1) }
    }

    fn width(&self, chance: &mut Chance) -> usize {
        chance.between(self.width.0, self.width.1)
    }
}

fn rows(
    table: &Table,
    domains: &[Vec<Cell>],
    count: usize,
    shape: &Shape,
    chance: &mut Chance,
) -> Vec<Vec<Cell>> {
    let nulls: Vec<usize> = table
        .columns
        .iter()
        .map(|column| if column.not_null || chance.percent(25) { 0 } else { shape.nulls })
        .collect();
    let mut keys: Vec<Vec<Cell>> = domains.to_vec();
    for domain in &mut keys {
        chance.shuffle(domain);
    }
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    'rows: for _ in 0..count {
        let copied = if chance.percent(shape.copies) { chance.one(&rows).cloned() } else { None };
        let mut row = Vec::with_capacity(table.columns.len());
        for (at, column) in table.columns.iter().enumerate() {
            let cell = if column.unique {
                match keys[at].pop() {
                    Some(cell) => cell,
                    None if column.not_null => break 'rows,
                    None => Cell::Null,
                }
            } else if let Some(copied) = copied.as_ref().filter(|_| chance.percent(85)) {
                copied[at].clone()
            } else if chance.percent(nulls[at]) {
                Cell::Null
            } else {
                chance.one(&domains[at]).cloned().unwrap_or(Cell::Null)
            };
            if cell == Cell::Null && column.not_null {
                break 'rows;
            }
            row.push(cell);
        }
        rows.push(row);
    }
    rows
}
