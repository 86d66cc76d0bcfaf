//! "Did you mean": the name most like the one that was written.

/// The candidate closest to `name`, if one is close enough to be what was meant.
///
/// Distance is that of Damerau and Levenshtein (insert, delete, replace, swap of neighbours), case counting
/// for little. About a third of the characters may differ. Among equals the first in the alphabet wins, so
/// that the order of the candidates is of no matter.
pub fn closest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted: Vec<char> = name.chars().collect();
    let folded: Vec<char> = name.to_lowercase().chars().collect();
    let limit = wanted.len().div_ceil(3).min(4);
    let mut best: Option<(usize, usize, &str)> = None;
    for candidate in candidates {
        if candidate == name || candidate.is_empty() {
            continue;
        }
        let other: Vec<char> = candidate.to_lowercase().chars().collect();
        if folded.len().abs_diff(other.len()) > limit {
            continue;
        }
        let distance = distance(&folded, &other, limit);
        // Everything replaced is nothing alike: `ab` is not a slip for `xy`.
        if distance > limit || distance >= folded.len().max(other.len()) {
            continue;
        }
        let exact_case = wanted.iter().copied().zip(candidate.chars()).filter(|(a, b)| a != b).count();
        let key = (distance, exact_case, candidate);
        if best.is_none_or(|best| key < best) {
            best = Some(key);
        }
    }
    best.map(|(_, _, candidate)| candidate)
}

/// The distance, or anything above `limit` once it is sure to be above.
fn distance(from: &[char], into: &[char], limit: usize) -> usize {
    let width = into.len() + 1;
    let mut before: Vec<usize> = vec![0; width];
    let mut last: Vec<usize> = (0..width).collect();
    let mut row: Vec<usize> = vec![0; width];
    for (at, from_char) in from.iter().enumerate() {
        row[0] = at + 1;
        for (column, into_char) in into.iter().enumerate() {
            let replaced = last[column] + usize::from(from_char != into_char);
            let mut cost = replaced.min(last[column + 1] + 1).min(row[column] + 1);
            if at > 0 && column > 0 && *from_char == into[column - 1] && from[at - 1] == *into_char {
                cost = cost.min(before[column - 1] + 1);
            }
            row[column + 1] = cost;
        }
        if row.iter().min().is_some_and(|least| *least > limit) {
            return limit + 1;
        }
        std::mem::swap(&mut before, &mut last);
        std::mem::swap(&mut last, &mut row);
    }
    last[into.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, candidates: &[&str], expect: Option<&str>) {
        assert_eq!(closest(name, candidates.iter().copied()), expect, "{name}");
        assert_eq!(closest(name, candidates.iter().rev().copied()), expect, "{name}, candidates reversed");
    }

    #[test]
    fn a_slip_of_the_fingers_is_found() {
        check("custmers", &["orders", "customers", "customer_orders"], Some("customers"));
        check("ordres", &["orders", "order_lines"], Some("orders"));
        check("会員リスト", &["会員一覧", "会員リスト2"], Some("会員リスト2"));
    }

    #[test]
    fn case_alone_is_the_smallest_slip() {
        check("Customers", &["customers", "customer"], Some("customers"));
    }

    #[test]
    fn names_that_are_not_alike_are_not_offered() {
        check("orders", &["members", "items"], None);
        check("ab", &["xy"], None);
        check("a", &["b"], None);
        check("", &["b"], None);
    }

    #[test]
    fn long_names_may_differ_in_a_few_characters_only() {
        check("int_orders_with_cancellations", &["int_orders_with_refunds"], None);
        check(
            "int_orders_with_cancelations",
            &["int_orders_with_cancellations"],
            Some("int_orders_with_cancellations"),
        );
    }
}
