//! Finds the blocks that dbt's files are made of: macros, tests, materializations, snapshots and docs.

use super::errors;
use super::lex::{self, PieceKind};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span, Spanned};

/// What a block is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlockKind {
    /// `{% macro name(…) %}`.
    Macro,
    /// `{% test name(…) %}`, or `{% data_test … %}`.
    Test,
    /// `{% materialization name, adapter='x' %}`; `adapter` is `default` where none is named.
    Materialization {
        /// The adapter, or `default`.
        adapter: String,
        /// `supported_languages`, `["sql"]` if not given.
        languages: Vec<String>,
    },
    /// `{% snapshot name %}`.
    Snapshot,
    /// `{% docs name %}`.
    Docs,
}

/// A block at the top level of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// What it is.
    pub kind: BlockKind,
    /// The name as written.
    pub name: Spanned<String>,
    /// The macro that it makes: `name`, `test_name`, `materialization_name_adapter`.
    pub macro_name: String,
    /// What follows the name in the opening tag: `(a, b=1)`.
    pub signature: Span,
    /// From the opening tag to the closing one, both included.
    pub span: Span,
    /// What stands between the tags.
    pub body: Span,
}

/// The blocks of a file, in order, and what is wrong with it. A block that is not closed is left out.
pub fn scan(file: FileId, text: &str) -> (Vec<Block>, Vec<Diagnostic>) {
    let (pieces, unclosed) = lex::lex(text, 0..text.len());
    let mut diagnostics = Vec::new();
    let mut blocks = Vec::new();
    let mut open: Option<(Block, String, usize)> = None;
    for piece in pieces {
        let PieceKind::Tag { name, rest } = &piece.kind else { continue };
        let word = &text[name.clone()];
        if let Some((mut block, tag, depth)) = open.take() {
            let closes = word.strip_prefix("end").is_some_and(|word| word == tag);
            if closes && depth == 0 {
                block.span.end = piece.span.end as u32;
                block.body.end = piece.span.start as u32;
                blocks.push(block);
            } else if closes {
                open = Some((block, tag, depth - 1));
            } else {
                let depth = depth + usize::from(word == tag);
                open = Some((block, tag, depth));
            }
            continue;
        }
        if is_block(word) {
            match opening(file, text, word, rest.clone(), &piece.span) {
                Ok(block) => open = Some((block, word.to_owned(), 0)),
                Err(diagnostic) => diagnostics.push(diagnostic),
            }
        } else if let Some(started) = word.strip_prefix("end").filter(|word| is_block(word)) {
            let at = Span::new(file, piece.span.start, piece.span.end);
            diagnostics.push(errors::closes_nothing(at, word, started));
        }
    }
    if let Some(unclosed) = unclosed {
        let at = Span::new(file, unclosed.span.start, unclosed.span.end);
        diagnostics.push(errors::unclosed(at, unclosed.what, unclosed.closing));
    } else if let Some((block, tag, _)) = open {
        diagnostics.push(errors::unclosed_block(block.span, &tag, &block.name.value));
    }
    (blocks, diagnostics)
}

fn is_block(word: &str) -> bool {
    matches!(word, "macro" | "test" | "data_test" | "materialization" | "snapshot" | "docs")
}

fn opening(
    file: FileId,
    text: &str,
    word: &str,
    rest: std::ops::Range<usize>,
    tag: &std::ops::Range<usize>,
) -> Result<Block, Diagnostic> {
    let span = Span::new(file, tag.start, tag.end);
    let start = rest.end - text[rest.clone()].trim_start().len();
    let end = start + lex::word(&text[start..rest.end]);
    if start == end {
        return Err(errors::block_without_name(span, word));
    }
    let name = text[start..end].to_owned();
    let trimmed = text[..rest.end].trim_end().len().max(end);
    let signature = Span::new(file, end, trimmed);
    let (kind, macro_name) = match word {
        "macro" => (BlockKind::Macro, name.clone()),
        "snapshot" => (BlockKind::Snapshot, name.clone()),
        "docs" => (BlockKind::Docs, name.clone()),
        "materialization" => {
            let (adapter, languages) = materialization(&text[end..trimmed]);
            let macro_name = format!("materialization_{name}_{adapter}");
            (BlockKind::Materialization { adapter, languages }, macro_name)
        }
        _ => (BlockKind::Test, format!("test_{name}")),
    };
    let name = Spanned::new(name, Span::new(file, start, end));
    let body = Span::new(file, tag.end, tag.end);
    Ok(Block { kind, name, macro_name, signature, span, body })
}

/// `adapter` and `supported_languages` of `, adapter='duckdb', supported_languages=['sql', 'python']`.
fn materialization(signature: &str) -> (String, Vec<String>) {
    let value_of = |key: &str| {
        let after = &signature[signature.find(key)? + key.len()..];
        Some(after.trim_start().strip_prefix('=')?.trim_start())
    };
    let adapter = value_of("adapter")
        .and_then(|value| {
            let quote = value.chars().next().filter(|char| matches!(char, '\'' | '"'))?;
            value[1..].split(quote).next().map(str::to_owned)
        })
        .unwrap_or_else(|| "default".to_owned());
    let languages = value_of("supported_languages").and_then(|value| {
        let list = value.strip_prefix('[')?.split(']').next()?;
        Some(list.split(',').map(|item| item.trim().trim_matches(['\'', '"']).to_owned()).collect())
    });
    (adapter, languages.unwrap_or_else(|| vec!["sql".to_owned()]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Vec<(String, String)> {
        let (blocks, diagnostics) = scan(FileId(0), text);
        assert_eq!(diagnostics, []);
        blocks.into_iter().map(|block| (block.macro_name, text[block.body.range()].to_owned())).collect()
    }

    #[test]
    fn each_kind_makes_its_macro_name() {
        let text = "{% macro a(x, y='%}') %}1{% endmacro %} text {%- test b(model) -%}2{% endtest %}\
            {% materialization t, adapter='duckdb', supported_languages=['sql', 'python'] %}3{% endmaterialization %}\
            {% materialization t, default %}4{% endmaterialization %}{% docs d %}5 {{ x }}{% enddocs %}";
        let found = check(text);
        let names: Vec<_> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["a", "test_b", "materialization_t_duckdb", "materialization_t_default", "d"]);
        assert_eq!(found[4].1, "5 {{ x }}");
    }

    #[test]
    fn signature_and_languages_are_read() {
        let text = "{% materialization t, adapter=\"spark\", supported_languages=['sql', 'python'] -%}{% endmaterialization %}";
        let block = scan(FileId(0), text).0.remove(0);
        let languages = vec!["sql".to_owned(), "python".to_owned()];
        assert_eq!(block.kind, BlockKind::Materialization { adapter: "spark".to_owned(), languages });
        let text = "{% macro m( a, b ) %}{% endmacro %}";
        assert_eq!(&text[scan(FileId(0), text).0[0].signature.range()], "( a, b )");
    }

    #[test]
    fn tags_in_raw_and_comments_do_not_count() {
        assert!(check("{# {% macro a() %} #}{% raw %}{% macro b() %}{% endraw %}").is_empty());
    }

    #[test]
    fn what_is_not_closed_is_reported_with_its_place() {
        let (blocks, diagnostics) = scan(FileId(0), "{% macro ok() %}{% endmacro %}\n{% macro bad() %}");
        assert_eq!(blocks.len(), 1);
        assert_eq!(diagnostics[0].label.as_ref().unwrap().span, Span::new(FileId(0), 31, 48));
        assert!(diagnostics[0].message.contains("`bad`"), "{}", diagnostics[0].message);
    }
}
