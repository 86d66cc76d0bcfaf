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

/// What people answer.
enum Answer {
    Accept,
    AcceptAll,
    Leave,
    Quit,
}

/// Shows each item and does what is answered; gives those that were not accepted. The end of the input is `q`.
pub(super) fn each(view: &show::View<'_>, open: Vec<Item>) -> Result<Vec<Item>, Diagnostic> {
    let mut answers = io::stdin().lock().lines();
    let count = open.len();
    let (mut left, mut all) = (Vec::new(), false);
    let mut items = open.into_iter().enumerate();
    for (at, item) in items.by_ref() {
        if !all {
            output::result(&view.one(&item));
            let question = format!("{} of {count}, `{}`: accept, reject? [a/r/s/A/q/?] ", at + 1, item.stem);
            match ask(&question, &mut answers) {
                Answer::Accept => {}
                Answer::AcceptAll => all = true,
                Answer::Leave => {
                    left.push(item);
                    continue;
                }
                Answer::Quit => {
                    left.push(item);
                    break;
                }
            }
        }
        accept(view.session, view.folder, &item)?;
    }
    left.extend(items.map(|(_, item)| item));
    Ok(left)
}

fn ask(question: &str, answers: &mut impl Iterator<Item = io::Result<String>>) -> Answer {
    loop {
        output::raw(question);
        let line = answers.next().and_then(Result::ok);
        let answer = match line.as_deref().map(str::trim) {
            Some("a" | "accept" | "y") => Answer::Accept,
            Some("A") => Answer::AcceptAll,
            Some("r" | "reject" | "n" | "s" | "skip") => Answer::Leave,
            Some("q" | "quit") | None => Answer::Quit,
            Some(_) => {
                output::line(HELP);
                continue;
            }
        };
        output::line("");
        return answer;
    }
}
