//! `modules.itertools`: all results are lists.

use minijinja::value::Tuple;
use minijinja::{Error, Value};

use super::super::args::Args;
use super::super::failure;
use super::{Module, unknown_method};
use crate::jinja::List;

/// The most items that a result may have.
const MOST: usize = 1_000_000;

/// The module.
pub(super) fn module() -> Value {
    Value::from_object(Module { name: "itertools", call, attribute: |_| None })
}

fn call(method: &str, args: &[Value]) -> Result<Value, Error> {
    let args = Args::new(method, args);
    let items = |value: &Value| -> Result<Vec<Value>, Error> {
        match value.as_str() {
            Some(text) => Ok(text.chars().map(Value::from).collect()),
            None => Ok(value.try_iter()?.collect()),
        }
    };
    let pools = || args.positional().iter().map(items).collect::<Result<Vec<_>, _>>();
    let rows = match method {
        "product" => {
            let times = args.keyword("repeat").and_then(|times| times.as_usize()).unwrap_or(1);
            let once = pools()?;
            let pools: Vec<_> = std::iter::repeat_n(once, times).flatten().collect();
            product(&pools)?
        }
        "chain" => return Ok(List::value(pools()?.into_iter().flatten().collect())),
        "zip_longest" => {
            let fill = args.keyword("fillvalue").unwrap_or_else(|| Value::from(()));
            let pools = pools()?;
            let longest = pools.iter().map(Vec::len).max().unwrap_or(0);
            let row = |at: usize| pools.iter().map(|pool| pool.get(at).unwrap_or(&fill).clone()).collect();
            (0..longest).map(row).collect()
        }
        "combinations" | "permutations" | "combinations_with_replacement" => {
            let [pool, length] = args.bind(["iterable", "r"])?;
            let pool = items(&args.required("iterable", pool)?)?;
            let length = length.and_then(|length| length.as_usize()).unwrap_or(pool.len());
            let places = product(&vec![(0..pool.len()).map(Value::from).collect(); length])?;
            let wanted = |row: &Vec<Value>| {
                let numbers: Vec<usize> = row.iter().filter_map(Value::as_usize).collect();
                match method {
                    "combinations" => numbers.windows(2).all(|pair| pair[0] < pair[1]),
                    "permutations" => (1..numbers.len()).all(|at| !numbers[..at].contains(&numbers[at])),
                    _ => numbers.windows(2).all(|pair| pair[0] <= pair[1]),
                }
            };
            let pick =
                |row: Vec<Value>| row.iter().filter_map(Value::as_usize).map(|at| pool[at].clone()).collect();
            places.into_iter().filter(wanted).map(pick).collect()
        }
        "islice" => {
            let (pool, numbers) = match args.positional() {
                [pool, numbers @ ..] => {
                    (items(pool)?, numbers.iter().map(Value::as_usize).collect::<Vec<_>>())
                }
                [] => return Err(failure::arguments("islice", "needs something to take from")),
            };
            let (from, to, step) = match numbers.as_slice() {
                [to] => (0, *to, 1),
                [from, to] => (from.unwrap_or(0), *to, 1),
                [from, to, step] => (from.unwrap_or(0), *to, step.unwrap_or(1)),
                _ => return Err(failure::arguments("islice", "takes up to three numbers")),
            };
            let to = to.unwrap_or(pool.len());
            return Ok(List::value(pool.into_iter().take(to).skip(from).step_by(step.max(1)).collect()));
        }
        "accumulate" => {
            let [pool] = args.bind(["iterable"])?;
            let mut sum = 0;
            let sums = items(&args.required("iterable", pool)?)?.into_iter().map(|value| {
                sum += value.as_i64().unwrap_or(0);
                Value::from(sum)
            });
            return Ok(List::value(sums.collect()));
        }
        "compress" => {
            let [pool, selectors] = args.bind(["data", "selectors"])?;
            let pool = items(&args.required("data", pool)?)?;
            let selectors = items(&args.required("selectors", selectors)?)?;
            let kept = pool.into_iter().zip(selectors).filter(|(_, wanted)| wanted.is_true());
            return Ok(List::value(kept.map(|(value, _)| value).collect()));
        }
        "repeat" => {
            let [value, times] = args.bind(["object", "times"])?;
            let times = times.and_then(|times| times.as_usize()).filter(|times| *times <= MOST);
            let times = times.ok_or_else(|| failure::other("`repeat()` needs to know how often"))?;
            return Ok(List::value(vec![args.required("object", value)?; times]));
        }
        _ => return Err(unknown_method()),
    };
    Ok(List::value(rows.into_iter().map(|row| Value::from(Tuple::new(row))).collect()))
}

fn product(pools: &[Vec<Value>]) -> Result<Vec<Vec<Value>>, Error> {
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for pool in pools {
        if rows.len().saturating_mul(pool.len()) > MOST {
            return Err(failure::other(format!("more than {MOST} combinations")));
        }
        let with = |row: &Vec<Value>| {
            pool.iter()
                .map(|value| [row.as_slice(), std::slice::from_ref(value)].concat())
                .collect::<Vec<_>>()
        };
        rows = rows.iter().flat_map(with).collect();
    }
    Ok(rows)
}
