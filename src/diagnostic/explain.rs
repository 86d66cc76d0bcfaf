//! The page of each code, which `buhin explain` prints. The pages stand in `docs/errors/`.

use super::Code;

macro_rules! pages {
    ($($number:literal)*) => {
        /// Every page, in order of the codes.
        #[allow(clippy::zero_prefixed_literal, reason = "the numbers are names of files, too")]
        const PAGES: &[(u16, &str)] = &[
            $(($number, include_str!(concat!("../../docs/errors/B", stringify!($number), ".md"))),)*
        ];
    };
}

pages! {
    0101 0102 0103 0104 0105 0106 0107 0108 0109 0110 0111 0112 0113 0114
    0201 0202 0203 0204 0205 0206 0207 0208 0209 0210 0211 0212 0213 0214 0215
    0301 0302 0303 0304
    0401 0402 0403 0404 0405 0406 0407 0408 0409
    0501 0502 0503 0504 0505 0506 0507 0508
    0601 0602
    0701 0702 0703 0704
    0801 0802 0803 0804 0805 0806 0807 0808 0809 0810 0811
    0820 0821
    0901 0902 0903 0904 0905 0906
    1001 1002 1003 1004 1005 1006 1007 1008
    1101 1102 1103 1104 1105 1106
    1201 1202 1203 1204
}

/// The page of a code, as Markdown; `None` for a code that does not exist.
pub fn page(code: Code) -> Option<&'static str> {
    PAGES.iter().find(|(number, _)| *number == code.0).map(|(_, page)| *page)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{CODES, CodeInfo};

    const HEADINGS: [&str; 4] = ["## What happened", "## Why it matters", "## Example", "## How to fix"];

    #[test]
    fn every_code_has_a_page_with_all_headings() {
        for info in CODES {
            let code = info.code;
            let page = page(code).unwrap_or_else(|| {
                panic!("{code} has no page: write docs/errors/{code}.md and add it to diagnostic/explain.rs")
            });
            let mut lines = page.lines();
            assert_eq!(lines.next(), Some(&*format!("# {code} {}: {}", info.slug, info.summary)));
            assert!(page.lines().any(|line| line.starts_with("要約: ")), "{code} lacks its line in Japanese");
            let found: Vec<&str> = page.lines().filter(|line| line.starts_with("## ")).collect();
            assert_eq!(found, HEADINGS, "{code}");
            let (_, example) = page.split_once("## Example").expect("just seen");
            let (example, fix) = example.split_once("## How to fix").expect("just seen");
            assert!(example.matches("```").count() >= 2, "{code} has no fenced example");
            assert!(fix.trim().len() > 20, "{code} says too little about what to do");
        }
        assert_eq!(PAGES.len(), CODES.len(), "a page without a code");
    }

    #[test]
    fn the_index_names_every_code_and_nothing_else() {
        let index = include_str!("../../docs/errors/README.md");
        let rows: Vec<&str> = index.lines().filter(|line| line.starts_with("| [B")).collect();
        let expect: Vec<String> = CODES
            .iter()
            .map(|CodeInfo { code, slug, summary }| format!("| [{code}]({code}.md) | `{slug}` | {summary} |"))
            .collect();
        assert_eq!(rows, expect);
    }
}
