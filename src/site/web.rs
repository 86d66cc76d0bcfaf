//! The pages themselves, which are the same in every site: `web/`, built into the program.

use std::borrow::Cow;

/// A file of every site.
pub(super) struct WebFile {
    /// Its name in the site.
    pub(super) path: &'static str,
    /// The texts that it is joined of.
    pub(super) texts: &'static [&'static str],
}

impl WebFile {
    /// Its content.
    pub(super) fn bytes(&self) -> Cow<'static, [u8]> {
        match self.texts {
            [one] => Cow::Borrowed(one.as_bytes()),
            many => Cow::Owned(many.join("\n").into_bytes()),
        }
    }
}

/// All of them; the pieces of one in the order of their names.
pub(super) const FILES: &[WebFile] = &[
    WebFile { path: "index.html", texts: &[include_str!("web/index.html")] },
    WebFile {
        path: "app.css",
        texts: &[
            include_str!("web/10-base.css"),
            include_str!("web/20-frame.css"),
            include_str!("web/30-pages.css"),
            include_str!("web/40-part.css"),
            include_str!("web/50-search.css"),
            include_str!("web/60-graph.css"),
        ],
    },
    WebFile {
        path: "app.js",
        texts: &[
            include_str!("web/00-open.js"),
            include_str!("web/10-dom.js"),
            include_str!("web/12-text.js"),
            include_str!("web/14-safe.js"),
            include_str!("web/15-messages.js"),
            include_str!("web/16-prefs.js"),
            include_str!("web/18-data.js"),
            include_str!("web/20-index.js"),
            include_str!("web/22-route.js"),
            include_str!("web/24-router.js"),
            include_str!("web/26-shell.js"),
            include_str!("web/28-tree.js"),
            include_str!("web/30-search-data.js"),
            include_str!("web/32-search.js"),
            include_str!("web/34-search-near.js"),
            include_str!("web/36-search-deep.js"),
            include_str!("web/38-search-view.js"),
            include_str!("web/40-home.js"),
            include_str!("web/42-folder.js"),
            include_str!("web/50-part.js"),
            include_str!("web/52-part-columns.js"),
            include_str!("web/54-part-lineage.js"),
            include_str!("web/56-code.js"),
            include_str!("web/58-column.js"),
            include_str!("web/59-walk.js"),
            include_str!("web/60-selector.js"),
            include_str!("web/62-graph-layout.js"),
            include_str!("web/64-graph-scene.js"),
            include_str!("web/66-graph-colour.js"),
            include_str!("web/68-graph-draw.js"),
            include_str!("web/70-graph-view.js"),
            include_str!("web/72-graph-keys.js"),
            include_str!("web/74-graph-page.js"),
            include_str!("web/76-graph-export.js"),
            include_str!("web/80-dictionary.js"),
            include_str!("web/90-main.js"),
            include_str!("web/99-close.js"),
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The table has every file of the folder, in the order of names.
    #[test]
    fn every_file_of_the_pages_is_in_the_table() {
        let text = include_str!("web.rs");
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/site/web");
        let mut names: Vec<String> = walkdir::WalkDir::new(folder)
            .into_iter()
            .filter_map(Result::ok)
            .filter(|entry| entry.file_type().is_file())
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        for ending in ["css", "js"] {
            let own: Vec<&String> =
                names.iter().filter(|name| name.ends_with(&format!(".{ending}"))).collect();
            let places: Vec<Option<usize>> =
                own.iter().map(|name| text.find(&format!("include_str!(\"web/{name}\")"))).collect();
            let missing = own.iter().zip(&places).find(|(_, place)| place.is_none());
            assert_eq!(missing, None, "a file that is not in the table");
            assert!(places.is_sorted(), "{ending}: not in the order of names");
        }
        assert!(FILES.iter().all(|file| !file.bytes().is_empty()));
    }
}
