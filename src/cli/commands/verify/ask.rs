//! `buhin verify --review`: one difference after the other.

use std::io::{self, BufRead as _};

use super::{accept, show};
use crate::cli::output;
use crate::diagnostic::Diagnostic;
use crate::review::Item;

const HELP: &str = "\
  a  accept: this is what it should be
  r  reject: it is the part that must change (also: s, skip)
  A  accept this and all that follow
  q  leave the rest as it is";

/// Shows each item and does what is answered; gives those that were not accepted. The end of the input is `q`.
pub(super) fn each(view: &show::View<'_>, open: Vec<Item>) -> Result<Vec<Item>, Diagnostic> {
    let mut answers = io::stdin().lock().lines();
    let (mut left, mut all, mut stop) = (Vec::new(), false, false);
    let count = open.len();
    for (at, item) in open.into_iter().enumerate() {
        if stop {
            left.push(item);
            continue;
        }
        if !all {
            output::result(&view.one(&item));
            loop {
                output::raw(&format!(
                    "{} of {count}, `{}`: accept, reject? [a/r/s/A/q/?] ",
                    at + 1,
                    item.stem
                ));
                match answers.next().and_then(Result::ok).as_deref().map(str::trim) {
                    Some("a" | "accept" | "y") => break,
                    Some("A") => {
                        all = true;
                        break;
                    }
                    Some("r" | "reject" | "n" | "s" | "skip") => {
                        left.push(item.clone());
                        break;
                    }
                    Some("q" | "quit") | None => {
                        stop = true;
                        left.push(item.clone());
                        break;
                    }
                    Some(_) => output::line(HELP),
                }
            }
            output::line("");
        }
        if left.last().is_none_or(|last| last.stem != item.stem) {
            accept(view.session, view.folder, &item)?;
        }
    }
    Ok(left)
}
