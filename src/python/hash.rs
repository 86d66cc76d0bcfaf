//! `local_md5()`.

use std::fmt::Write;

use md5::{Digest, Md5};
use minijinja::{Error, Value};

use super::args::{Args, text};

/// The MD5 sum of a text in hexadecimal.
pub(crate) fn local_md5(args: &Args<'_>) -> Result<Value, Error> {
    let [value] = args.bind(["value"])?;
    let value = text(Some(&args.required("value", value)?)).unwrap_or_default();
    let mut hex = String::with_capacity(32);
    for byte in Md5::digest(value.as_bytes()) {
        let _infallible = write!(hex, "{byte:02x}");
    }
    Ok(Value::from(hex))
}
