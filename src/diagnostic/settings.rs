//! Severities as the project wants them, from `warnings:` in `buhin.yml`.

use indexmap::IndexMap;

use super::{CODES, Diagnostic, Severity};

/// Applies the severities that `warnings:` sets by slug: `off`, `warn` or `error`.
///
/// Only warnings can be changed. An error says that something can't be done, and saying nothing doesn't do it.
pub fn apply_settings(diagnostics: &mut Vec<Diagnostic>, warnings: &IndexMap<String, String>) {
    if warnings.is_empty() {
        return;
    }
    diagnostics.retain_mut(|diagnostic| {
        let slug = diagnostic.code.info().map(|info| info.slug);
        let wanted = slug.and_then(|slug| warnings.get(slug)).map(String::as_str);
        match (diagnostic.severity, wanted) {
            (Severity::Warning, Some("off")) => return false,
            (Severity::Warning, Some("error")) => diagnostic.severity = Severity::Error,
            _ => {}
        }
        true
    });
}

/// All slugs, for checking `warnings:` and for advice.
pub fn slugs() -> impl Iterator<Item = &'static str> {
    CODES.iter().map(|info| info.slug)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;

    #[track_caller]
    fn check(slug: &str, severity: &str, expect: &[Severity]) {
        let mut diagnostics =
            vec![Diagnostic::warning(Code::OPAQUE, "a"), Diagnostic::error(Code::OPAQUE, "b")];
        let warnings = IndexMap::from([(slug.to_owned(), severity.to_owned())]);
        apply_settings(&mut diagnostics, &warnings);
        let severities: Vec<Severity> = diagnostics.iter().map(|diagnostic| diagnostic.severity).collect();
        assert_eq!(severities, expect);
    }

    #[test]
    fn a_warning_can_be_raised_or_dropped_and_an_error_stays() {
        check("opaque", "error", &[Severity::Error, Severity::Error]);
        check("opaque", "off", &[Severity::Error]);
        check("opaque", "warn", &[Severity::Warning, Severity::Error]);
        check("unknown-ref", "off", &[Severity::Warning, Severity::Error]);
    }
}
