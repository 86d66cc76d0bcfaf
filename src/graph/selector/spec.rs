//! A selection as data.

use std::ops::Range;
use std::sync::Arc;

use serde_json::Value;

use super::IndirectSelection;
use crate::source::Span;

/// What is to be selected.
#[derive(Clone, Debug)]
pub(super) enum Spec {
    /// One criterion.
    One(Box<Criterion>),
    /// Several put together.
    Group(Group),
}

/// Several specs put together.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) how: How,
    pub(super) parts: Vec<Spec>,
    /// When tests of which some nodes were missing so far are looked at again.
    pub(super) mode: IndirectSelection,
    /// Set where the user wants it to match something.
    pub(super) expected: Option<Place>,
}

/// How specs are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// What any of them selects.
    Union,
    /// What all of them select.
    Intersection,
    /// What the first selects and no other.
    Difference,
}

/// One `2+tag:nightly+`.
#[derive(Clone, Debug)]
pub(super) struct Criterion {
    pub(super) method: Method,
    /// `config.materialized` gives `materialized`.
    pub(super) arguments: Vec<String>,
    /// What the method compares with; text but for YAML.
    pub(super) value: Value,
    /// `@`.
    pub(super) childrens_parents: bool,
    /// `+` in front, with how far.
    pub(super) parents: Option<usize>,
    /// `+` behind, with how far.
    pub(super) children: Option<usize>,
    pub(super) mode: IndirectSelection,
    /// For the method `selector`: the definitions it names.
    pub(super) inherited: Vec<Spec>,
    pub(super) place: Place,
}

impl Criterion {
    /// The value as text.
    pub(super) fn text(&self) -> String {
        match &self.value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }
}

/// Where something is written.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// Bytes of an argument.
    Argument {
        /// `--select`.
        flag: &'static str,
        /// All of the argument.
        text: Arc<str>,
        /// The bytes in question.
        range: Range<usize>,
    },
    /// In `selectors.yml`.
    File {
        /// The selector's name.
        name: String,
        /// The entry.
        span: Span,
    },
}

impl Place {
    /// A part of an argument's range, counted from its start.
    pub(super) fn within(&self, part: Range<usize>) -> Self {
        match self {
            Self::Argument { flag, text, range } => Self::Argument {
                flag,
                text: text.clone(),
                range: range.start + part.start..range.start + part.end,
            },
            Self::File { .. } => self.clone(),
        }
    }
}

macro_rules! methods {
    ($($name:ident = $text:literal,)*) => {
        /// What a criterion compares.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Method { $($name,)* }

        impl Method {
            /// All names, in the order of the alphabet.
            pub(super) const NAMES: &[&str] = &[$($text,)*];

            /// The method of this name.
            pub(super) fn from_name(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$name),)* _ => None }
            }

            /// Its name.
            pub(super) fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

methods! {
    Access = "access",
    Config = "config",
    Exposure = "exposure",
    File = "file",
    Fqn = "fqn",
    Group = "group",
    Metric = "metric",
    Package = "package",
    Path = "path",
    ResourceType = "resource_type",
    Result = "result",
    SavedQuery = "saved_query",
    Selector = "selector",
    SemanticModel = "semantic_model",
    Source = "source",
    SourceStatus = "source_status",
    State = "state",
    Tag = "tag",
    TestName = "test_name",
    TestType = "test_type",
    UnitTest = "unit_test",
    Version = "version",
}
