//! Fields of structs, from the types that the catalog names.

/// The fields of a struct type, or of the elements of an array of structs; `None` for any other type.
///
/// `STRUCT<a INT, b STRING>`, `STRUCT(a INTEGER)[]`, `ARRAY<STRUCT<a: int>>`, `ROW(a BIGINT)`, `OBJECT(a INT)`.
pub(super) fn fields_of(data_type: &str) -> Option<Vec<(String, String)>> {
    let text = data_type.trim();
    let lower = text.to_ascii_lowercase();
    let body = |prefix: &str| -> Option<&str> {
        lower.strip_prefix(prefix)?;
        let rest = text[prefix.len()..].trim_start();
        let close = match rest.as_bytes().first()? {
            b'<' => '>',
            b'(' => ')',
            _ => return None,
        };
        let end = rest.rfind(close)?;
        rest.get(1..end)
    };
    if let Some(element) = body("array") {
        return fields_of(element);
    }
    let inner = ["struct", "row", "object", "record", "tuple"].iter().find_map(|prefix| body(prefix))?;
    let fields: Vec<(String, String)> = parted(inner).into_iter().filter_map(field).collect();
    (!fields.is_empty()).then_some(fields)
}

/// `name type` or `name: type`.
fn field(text: &str) -> Option<(String, String)> {
    let text = text.trim();
    if let Some(quote) = text.chars().next().filter(|char| matches!(char, '"' | '`')) {
        let end = text[1..].find(quote)? + 1;
        let rest = text[end + 1..].trim_start_matches([':', ' ']);
        return Some((text[1..end].to_owned(), rest.to_owned()));
    }
    let end = text.find([' ', ':'])?;
    Some((text[..end].to_owned(), text[end..].trim_start_matches([':', ' ']).to_owned()))
}

/// The parts between commas that stand in no brackets.
fn parted(text: &str) -> Vec<&str> {
    let (mut depth, mut from) = (0_usize, 0);
    let mut parts = Vec::new();
    for (at, char) in text.char_indices() {
        match char {
            '<' | '(' | '[' => depth += 1,
            '>' | ')' | ']' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&text[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(data_type: &str, expect: &[(&str, &str)]) {
        let fields = fields_of(data_type).unwrap_or_default();
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, of)| (name.as_str(), of.as_str())).collect();
        assert_eq!(fields, expect);
    }

    #[test]
    fn fields_are_read_from_types() {
        check("STRUCT<a INT, b ARRAY<STRUCT<c INT>>>", &[("a", "INT"), ("b", "ARRAY<STRUCT<c INT>>")]);
        check("STRUCT(a DECIMAL(1, 2), \"b c\" TEXT)[]", &[("a", "DECIMAL(1, 2)"), ("b c", "TEXT")]);
        check("array<struct<a:int>>", &[("a", "int")]);
        check("VARCHAR(10)", &[]);
        check("struct", &[]);
    }
}
