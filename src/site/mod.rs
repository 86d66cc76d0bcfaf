//! The docs site: from what the stages know to the files of a static site, which works from a disk without a server.
//!
//! Nothing is written here. [`Site::new`] looks at the whole project once, [`Site::files`] names the files, and
//! [`Site::content`] makes one of them: so a large site is written as it is made, on all cores, and never stands in
//! memory whole. The pages themselves (`web/`) read the data by scripts, for a page on a disk may fetch nothing.

mod columns;
mod dictionary;
mod entities;
mod facts;
mod graph;
mod highlight;
mod home;
mod index;
mod layout;
mod lines;
mod machine;
mod markdown;
mod mermaid;
mod pages;
mod part;
mod part_columns;
mod part_tests;
mod people;
mod pieces;
mod script;
mod search;
mod tables;
mod text;
mod web;

pub use facts::Facts;
pub use layout::{Layout, layout};
pub use markdown::html;
pub use pages::{MARK as PAGE_MARK, pages};
pub use text::{fold, plain};

use std::borrow::Cow;
use std::io;

use camino::Utf8PathBuf;

use crate::diagnostic::Diagnostic;
use crate::emit::Compiled;
use crate::flow::{self, DictionaryColumn, Flow};
use crate::graph::Graph;
use crate::plan::{Plan, Statements};
use crate::project::{NodeId, NodeMap, Project};
use crate::render::{Collected, Rendered};

/// All that the site is made of.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// The project.
    pub project: &'a Project,
    /// Configs, relations, refs.
    pub collected: &'a Collected,
    /// Who reads whom.
    pub graph: &'a Graph,
    /// What each part becomes, and why.
    pub plan: &'a Plan,
    /// Each node's own SQL.
    pub rendered: &'a Rendered,
    /// The same with inlined parts put in.
    pub compiled: &'a NodeMap<Option<Compiled>>,
    /// Columns and what they are made of.
    pub flow: &'a Flow,
    /// What those were made from.
    pub read: flow::Input<'a>,
    /// What columns and codes mean, in the order of nodes.
    pub dictionary: &'a [DictionaryColumn<'a>],
    /// The statements against the warehouse's limits.
    pub statements: Option<&'a Statements>,
    /// What a warehouse and earlier runs tell.
    pub facts: &'a Facts,
    /// What there is to say of the project.
    pub said: &'a [Diagnostic],
    /// Files beside the site's own that its first page leads to, such as `manifest.json`.
    pub beside: &'a [&'a str],
    /// What differs from another state of the project, if there is one to compare with.
    pub changed: Option<&'a [Change]>,
}

/// A difference from another state of the project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The node; `None` for one that is gone.
    pub node: Option<NodeId>,
    /// Its name.
    pub name: String,
    /// `added`, `changed` or `removed`.
    pub what: &'static str,
}

/// A file of the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum File {
    /// A page, style or script that is the same in every site: its place in the table.
    Web(usize),
    /// What the project is.
    Home,
    /// All entities, by column.
    Index,
    /// The graph, laid out.
    Graph,
    /// One entity.
    Part(u32),
    /// Rows of the dictionary.
    Dictionary(u32),
    /// Names of columns, for search.
    Columns(u32),
    /// Descriptions, for search.
    Text(u32),
    /// Words of SQL, for search.
    Sql(u32),
    /// The dictionary for spreadsheets.
    DictionaryCsv,
    /// The dictionary for programs.
    DictionaryJson,
    /// Lineage, a line a column.
    LineageJson,
    /// Lineage in OpenLineage's words, a line a relation.
    OpenLineageJson,
    /// The project as tables for SQL: its place in their list.
    Table(usize),
}

/// What a file has.
pub enum Content<'s> {
    /// Its bytes.
    Bytes(Cow<'static, [u8]>),
    /// Writes them piece by piece, and fails where that does.
    Pieces(Pieces<'s>),
}

/// Writes a file piece by piece.
pub type Pieces<'s> = Box<dyn FnOnce(&mut dyn io::Write) -> io::Result<()> + 's>;

/// A site, of which any file can be had.
pub struct Site<'a> {
    input: Input<'a>,
    entities: entities::Entities,
    columns: columns::Columns<'a>,
    readers: columns::Readers,
    tests: Vec<Vec<part_tests::Test<'a>>>,
    people: people::People<'a>,
    search: search::Search,
}

impl<'a> Site<'a> {
    /// Looks at the whole project, once.
    pub fn new(input: Input<'a>) -> Self {
        let entities = entities::Entities::of(input);
        let columns = columns::Columns::of(input, &entities);
        let readers = columns::Readers::of(input, &entities, &columns);
        let tests = part_tests::by_entity(input, &entities, &columns);
        let people = people::People::of(input, &entities);
        let search = search::Search::of(input, &entities, &columns);
        Self { input, entities, columns, readers, tests, people, search }
    }

    /// The files, each once, those first that a reader opens first.
    pub fn files(&self) -> Vec<File> {
        let mut files: Vec<File> = (0..web::FILES.len()).map(File::Web).collect();
        files.extend([File::Home, File::Index, File::Graph]);
        files.extend((0..self.entities.len()).map(File::Part));
        files.extend((0..dictionary::pieces(&self.columns)).map(File::Dictionary));
        files.extend((0..self.search.columns.len() as u32).map(File::Columns));
        files.extend((0..self.search.text.len() as u32).map(File::Text));
        files.extend((0..self.search.sql.len() as u32).map(File::Sql));
        files.extend(Self::for_tools());
        files
    }

    /// The files for other programs.
    fn for_tools() -> impl Iterator<Item = File> {
        let texts = [File::DictionaryCsv, File::DictionaryJson, File::LineageJson, File::OpenLineageJson];
        texts.into_iter().chain((0..tables::TABLES.len()).map(File::Table))
    }

    /// Where a file stands, relative to the site's folder.
    pub fn path(&self, file: File) -> Utf8PathBuf {
        match file {
            File::Web(at) => web::FILES[at].path.into(),
            File::DictionaryCsv => "dictionary.csv".into(),
            File::DictionaryJson => "dictionary.json".into(),
            File::LineageJson => "lineage.json".into(),
            File::OpenLineageJson => "openlineage.json".into(),
            File::Table(at) => tables::TABLES[at].path.into(),
            data => format!("data/{}.js", self.key(data)).into(),
        }
    }

    /// A file's content; of one that is as large as the project, how to write it.
    pub fn content(&self, file: File) -> Content<'_> {
        let key = self.key(file);
        let bytes = match file {
            File::Web(at) => return Content::Bytes(web::FILES[at].bytes()),
            File::DictionaryCsv => return self.pieces(dictionary::csv),
            File::DictionaryJson => return self.pieces(dictionary::json),
            File::LineageJson => return self.pieces(machine::lineage),
            File::OpenLineageJson => return self.pieces(machine::openlineage),
            File::Table(at) => return self.pieces(tables::TABLES[at].write),
            File::Home => script::script(&key, &home::home(self)),
            File::Index => script::script(&key, &index::index(self)),
            File::Graph => script::script(&key, &graph::graph(self)),
            File::Part(at) => script::script(&key, &part::part(self, at)),
            File::Dictionary(at) => script::script(&key, &dictionary::rows(self, at)),
            File::Columns(at) => script::script(&key, &search::columns(&self.search, &self.columns, at)),
            File::Text(at) => script::script(&key, &self.search.text[at as usize]),
            File::Sql(at) => script::script(&key, &self.search.sql[at as usize].1),
        };
        Content::Bytes(Cow::Owned(bytes))
    }

    fn pieces(&self, write: fn(&Site<'_>, &mut dyn io::Write) -> io::Result<()>) -> Content<'_> {
        Content::Pieces(Box::new(move |out| write(self, out)))
    }

    /// The key under which a page asks for a piece of data.
    fn key(&self, file: File) -> String {
        match file {
            File::Home => "home".to_owned(),
            File::Index => "index".to_owned(),
            File::Graph => "graph".to_owned(),
            File::Part(at) => format!("part/{at}"),
            File::Dictionary(at) => format!("dictionary/{at}"),
            File::Columns(at) => format!("columns/{at}"),
            File::Text(at) => format!("text/{at}"),
            File::Sql(at) => format!("sql/{}", self.search.sql[at as usize].0),
            File::Web(_)
            | File::DictionaryCsv
            | File::DictionaryJson
            | File::LineageJson
            | File::OpenLineageJson
            | File::Table(_) => String::new(),
        }
    }
}
