//! Results of statements: `load_result()` and what stores them.

use std::sync::Arc;

use minijinja::value::Tuple;
use minijinja::{Error, State, Value};

use super::super::ctx::Ctx;
use super::super::table::Table;
use crate::jinja::{Dict, List};
use crate::python::args::{Args, text};
use crate::python::failure;

/// `load_result('name')`: `none` if there is none.
pub(super) fn load_result(
    ctx: &Arc<Ctx>,
    _state: &mut State<'_, '_>,
    args: &Args<'_>,
) -> Result<Value, Error> {
    let [name] = args.bind(["name"])?;
    let name = text(name.as_ref()).unwrap_or_default();
    Ok(ctx.record().results.get(&name).cloned().unwrap_or_else(|| Value::from(())))
}

/// `store_result('name', response, agate_table)`.
pub(super) fn store_result(
    ctx: &Arc<Ctx>,
    _state: &mut State<'_, '_>,
    args: &Args<'_>,
) -> Result<Value, Error> {
    let [name, response, table] = args.bind(["name", "response", "agate_table"])?;
    Ok(store(ctx, name.as_ref(), response, table))
}

/// `store_raw_result('name', message, code, rows_affected, agate_table)`.
pub(super) fn store_raw_result(
    ctx: &Arc<Ctx>,
    _state: &mut State<'_, '_>,
    args: &Args<'_>,
) -> Result<Value, Error> {
    let names = ["name", "message", "code", "rows_affected", "agate_table"];
    let [name, message, code, rows, table] = args.bind(names)?;
    let none = || Value::from(());
    let response = Dict::value([
        ("_message", message.unwrap_or_else(none)),
        ("code", code.unwrap_or_else(none)),
        ("rows_affected", rows.unwrap_or_else(none)),
    ]);
    Ok(store(ctx, name.as_ref(), Some(response), table))
}

fn store(ctx: &Arc<Ctx>, name: Option<&Value>, response: Option<Value>, table: Option<Value>) -> Value {
    let name = text(name).unwrap_or_default();
    let table = table.unwrap_or_else(|| Value::from_object(Table::new(Vec::new(), Vec::new())));
    let mut data = Vec::new();
    if let Ok(rows) = table.try_iter() {
        for row in rows {
            let values = row.try_iter().map(Iterator::collect::<Vec<_>>);
            data.push(values.map_or(row, |values| Value::from(Tuple::new(values))));
        }
    }
    let result = Dict::value([
        ("response", response.unwrap_or_else(|| Value::from(()))),
        ("data", List::value(data)),
        ("table", table),
    ]);
    ctx.record().results.insert(name, result);
    Value::from("")
}

/// `write(sql)`: buhin writes compiled files itself.
pub(super) fn write(_ctx: &Arc<Ctx>, _state: &mut State<'_, '_>, args: &Args<'_>) -> Result<Value, Error> {
    let [_payload] = args.bind(["payload"])?;
    Ok(Value::from(""))
}

/// `load_agate_table()`: only seeds have one, and buhin loads them itself.
pub(super) fn load_agate_table(
    _ctx: &Arc<Ctx>,
    _state: &mut State<'_, '_>,
    args: &Args<'_>,
) -> Result<Value, Error> {
    let [] = args.bind([])?;
    Ok(Value::from_object(Table::new(Vec::new(), Vec::new())))
}

/// `submit_python_job()`.
pub(super) fn submit_python_job(
    _ctx: &Arc<Ctx>,
    _state: &mut State<'_, '_>,
    _args: &Args<'_>,
) -> Result<Value, Error> {
    Err(failure::other("python models are not run while rendering"))
}
