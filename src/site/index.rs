//! All entities in columns: what lists, links and search need of each.

use serde::Serialize;

use super::{Site, entities, people, text};

#[derive(Serialize)]
pub(super) struct Index<'a> {
    n: u32,
    id: Vec<&'a str>,
    name: Vec<String>,
    label: Vec<Option<&'a str>>,
    kind: Vec<u32>,
    kinds: Vec<String>,
    folder: Vec<u32>,
    folders: Vec<String>,
    package: Vec<u32>,
    packages: Vec<String>,
    materialized: Vec<i32>,
    materializations: Vec<String>,
    owner: Vec<i32>,
    owners: Vec<String>,
    tags: Vec<Vec<u32>>,
    tag_names: Vec<String>,
    file: Vec<&'a str>,
    short: Vec<Option<String>>,
    columns: Vec<usize>,
}

/// Texts by number, in the order in which they came.
#[derive(Default)]
struct Table {
    names: Vec<String>,
    numbers: rustc_hash::FxHashMap<String, u32>,
}

impl Table {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        self.names.push(name.to_owned());
        let number = self.names.len() as u32 - 1;
        self.numbers.insert(name.to_owned(), number);
        number
    }
}

pub(super) fn index<'a>(site: &'a Site<'a>) -> Index<'a> {
    let input = site.input;
    let project = input.project;
    let (mut kinds, mut folders, mut packages, mut materializations, mut owners, mut tags) = (
        Table::default(),
        Table::default(),
        Table::default(),
        Table::default(),
        Table::default(),
        Table::default(),
    );
    let mut index = Index {
        n: site.entities.len(),
        id: Vec::new(),
        name: Vec::new(),
        label: Vec::new(),
        kind: Vec::new(),
        kinds: Vec::new(),
        folder: Vec::new(),
        folders: Vec::new(),
        package: Vec::new(),
        packages: Vec::new(),
        materialized: Vec::new(),
        materializations: Vec::new(),
        owner: Vec::new(),
        owners: Vec::new(),
        tags: Vec::new(),
        tag_names: Vec::new(),
        file: Vec::new(),
        short: Vec::new(),
        columns: Vec::new(),
    };
    for (n, id, node) in site.entities.iter(project) {
        index.id.push(&node.unique_id);
        index.name.push(entities::name(node));
        index.label.push(people::label(input, id));
        index.kind.push(kinds.number(node.kind.resource_type()));
        index.folder.push(folders.number(&entities::folder(project, node)));
        index.package.push(packages.number(&node.package));
        let materialized = input.plan.materialization(id).map(|it| materializations.number(it.name()));
        index.materialized.push(materialized.map_or(-1, u32::cast_signed));
        let owner = site.people.owner(n).map(|owner| owners.number(owner.name));
        index.owner.push(owner.map_or(-1, u32::cast_signed));
        index.tags.push(people::tags(input, id).into_iter().map(|tag| tags.number(tag)).collect());
        index.file.push(project.files.path(node.span.file).as_str());
        index.short.push(text::first_sentence(&node.description));
        index.columns.push(site.columns.of_entity(n).len());
    }
    index.kinds = kinds.names;
    index.folders = folders.names;
    index.packages = packages.names;
    index.materializations = materializations.names;
    index.owners = owners.names;
    index.tag_names = tags.names;
    index
}
