//! Wildcards as Python's `fnmatch` and `Path.glob` have them: `*`, `?`, `[abc]`, `[!abc]`, and `**` for folders.

/// True if the text has this shape; `*` goes across any character.
pub(super) fn fnmatch(text: &str, pattern: &str) -> bool {
    if !pattern.contains(['*', '?', '[']) {
        return text == pattern;
    }
    let text: Vec<char> = text.chars().collect();
    let pattern: Vec<char> = pattern.chars().collect();
    let (mut at, mut within) = (0, 0);
    // Where the last `*` stands, and how much it takes so far.
    let mut star: Option<(usize, usize)> = None;
    while at < text.len() {
        if pattern.get(within) == Some(&'*') {
            star = Some((within, at));
            within += 1;
        } else if let Some(next) = one(text[at], &pattern, within) {
            at += 1;
            within = next;
        } else if let Some((place, taken)) = star {
            star = Some((place, taken + 1));
            at = taken + 1;
            within = place + 1;
        } else {
            return false;
        }
    }
    pattern[within..].iter().all(|char| *char == '*')
}

/// True if a path has the shape of a glob: wildcards stay within a folder's name, `**` is any folders.
///
/// `path` must be a folder where `**` comes last, as with Python's `Path.glob`.
pub(super) fn glob(path: &[&str], pattern: &[&str], is_folder: bool) -> bool {
    match (path, pattern) {
        ([], []) => true,
        (_, ["**"]) => is_folder,
        (_, ["**", rest @ ..]) => {
            let most = path.len();
            (0..=most).any(|skip| glob(&path[skip..], rest, is_folder))
        }
        ([name, path @ ..], [shape, pattern @ ..]) => fnmatch(name, shape) && glob(path, pattern, is_folder),
        _ => false,
    }
}

/// The place after the piece of the pattern at `within`, if that fits the character.
fn one(char: char, pattern: &[char], within: usize) -> Option<usize> {
    match pattern.get(within)? {
        '?' => Some(within + 1),
        '[' => match set(pattern, within) {
            Some((fits, next)) => fits(char).then_some(next),
            // A bracket that is never closed stands for itself.
            None => (char == '[').then_some(within + 1),
        },
        literal => (*literal == char).then_some(within + 1),
    }
}

/// The set that opens at `open`, and the place after it.
fn set(pattern: &[char], open: usize) -> Option<(impl Fn(char) -> bool + '_, usize)> {
    let mut start = open + 1;
    let negated = pattern.get(start) == Some(&'!');
    start += usize::from(negated);
    // A `]` right at the start is one of the set.
    let first = start + usize::from(pattern.get(start) == Some(&']'));
    let close = first + pattern.get(first..)?.iter().position(|char| *char == ']')?;
    let chars = &pattern[start..close];
    let fits = move |char: char| {
        let mut at = 0;
        let mut found = false;
        while at < chars.len() {
            if at + 2 < chars.len() && chars[at + 1] == '-' {
                found |= (chars[at]..=chars[at + 2]).contains(&char);
                at += 3;
            } else {
                found |= chars[at] == char;
                at += 1;
            }
        }
        found != negated
    };
    Some((fits, close + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, pattern: &str, expect: bool) {
        assert_eq!(fnmatch(text, pattern), expect, "{text} {pattern}");
    }

    #[test]
    fn stars_and_question_marks() {
        check("orders", "orders", true);
        check("orders", "order", false);
        check("orders", "*", true);
        check("", "*", true);
        check("stg_orders", "stg_*", true);
        check("stg_orders", "*_orders", true);
        check("stg_orders_v2", "*_orders", false);
        check("stg_orders", "s*g*o*s", true);
        check("a.b.c", "a.*c", true);
        check("a1", "a?", true);
        check("a", "a?", false);
        check("会員", "会?", true);
    }

    #[test]
    fn sets_of_characters() {
        check("a1", "a[0-3]", true);
        check("a4", "a[0-3]", false);
        check("a4", "a[!0-3]", true);
        check("ab", "a[xb]", true);
        check("a]", "a[]]", true);
        check("a-", "a[x-]", true);
        check("a[", "a[", true);
        check("ab", "a[", false);
    }

    #[test]
    fn many_stars_take_no_exponential_time() {
        check(&"a".repeat(2_000), &format!("{}b", "a*".repeat(200)), false);
    }

    #[track_caller]
    fn check_glob(path: &str, pattern: &str, is_folder: bool, expect: bool) {
        let split = |text: &'static str| text.split('/').collect::<Vec<_>>();
        let (path, pattern): (&'static str, &'static str) =
            (Box::leak(path.to_owned().into_boxed_str()), Box::leak(pattern.to_owned().into_boxed_str()));
        assert_eq!(glob(&split(path), &split(pattern), is_folder), expect, "{path} {pattern}");
    }

    #[test]
    fn a_star_in_a_path_stays_in_its_folder() {
        check_glob("models/a.sql", "models/*.sql", false, true);
        check_glob("models/marts/a.sql", "models/*.sql", false, false);
        check_glob("models/marts", "models/*", true, true);
        check_glob("models/marts/a.sql", "models/**/*.sql", false, true);
        check_glob("models/a.sql", "models/**/*.sql", false, true);
        check_glob("models/marts", "models/**", true, true);
        check_glob("models/a.sql", "models/**", false, false);
    }
}
