//! `buhin plan --limits`.

use crate::cli::args::Format;
use crate::sql::Dialect;

pub(super) fn text(_dialect: Dialect, _format: Format) -> String {
    String::new()
}
