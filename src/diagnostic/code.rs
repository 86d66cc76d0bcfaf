//! The table of codes. A number is never used again for something else.
//!
//! B01 project, B02 render, B03 SQL, B04 graph, B05 plan, B06 emit, B07 lineage, B08 run, B09 command line,
//! B10 installing packages, B11 review, B12 renaming.

use std::fmt;

/// A stable code such as `B0401`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub u16);

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "B{:04}", self.0)
    }
}

impl Code {
    /// What the table says of this code.
    pub fn info(self) -> Option<&'static CodeInfo> {
        CODES.iter().find(|info| info.code == self)
    }
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct CodeInfo {
    /// The code.
    pub code: Code,
    /// Its name in words joined by `-`.
    pub slug: &'static str,
    /// One line on what it means.
    pub summary: &'static str,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $slug:literal, $summary:literal;)*) => {
        #[allow(clippy::doc_markdown, reason = "the summaries are for people, too")]
        impl Code {
            $(#[doc = $summary] pub const $name: Self = Self($number);)*
        }
        /// All codes, by number.
        pub const CODES: &[CodeInfo] = &[
            $(CodeInfo { code: Code($number), slug: $slug, summary: $summary },)*
        ];
    };
}

codes! {
    NO_PROJECT = 101, "no-project", "no dbt_project.yml where one is needed";
    UNREADABLE_FILE = 102, "unreadable-file", "a file can't be read";
    NOT_UTF8 = 103, "not-utf8", "a file is not UTF-8";
    BAD_YAML = 104, "bad-yaml", "a file is not well-formed YAML";
    BAD_PROJECT_KEY = 105, "bad-project-key", "a setting has a value of the wrong kind";
    UNKNOWN_KEY = 106, "unknown-key", "a key that is not known";
    NO_PROFILE = 107, "no-profile", "the profile or target is not found";
    DUPLICATE_NAME = 108, "duplicate-name", "two things of the same name";
    PROPERTIES_WITHOUT_NODE = 109, "properties-without-node", "properties for something that does not exist";
    MISSING_PACKAGE = 110, "missing-package", "a package is declared but not installed";
    BAD_SEED = 111, "bad-seed", "a seed is not well-formed CSV";
    BAD_BUHIN_YML = 112, "bad-buhin-yml", "buhin.yml has something that it can't have";
    BAD_VARS = 113, "bad-vars", "--vars is not a YAML mapping";
    DUPLICATE_KEY = 114, "duplicate-key", "a YAML mapping has the same key twice";
    JINJA_SYNTAX = 201, "jinja-syntax", "Jinja that can't be parsed";
    UNKNOWN_MACRO = 202, "unknown-macro", "a macro or function that is not defined";
    MISSING_VAR = 203, "missing-var", "a var without a value or a default";
    MISSING_ENV_VAR = 204, "missing-env-var", "an environment variable without a value or a default";
    RENDER_FAILED = 205, "render-failed", "rendering failed";
    RAISED = 206, "raised", "a macro raised an error of its own";
    RENDER_LIMIT = 207, "render-limit", "rendering took too many steps or went too deep";
    WRONG_ARGUMENTS = 208, "wrong-arguments", "a function was called with the wrong arguments";
    MACRO_WARNING = 209, "macro-warning", "a macro warns";
    UNKNOWN_TEST = 210, "unknown-test", "a generic test that is not defined";
    BAD_CONFIG = 211, "bad-config", "a config value that can't be used";
    NO_ANSWER = 212, "no-answer", "a query while rendering, without a warehouse to answer it";
    NOT_RECORDED = 213, "not-recorded", "a query while rendering, whose answer is not in the record";
    BAD_RECORD = 214, "bad-record", "a record of answers that can't be replayed";
    ANSWERS_DROPPED = 215, "answers-dropped", "recorded answers that nobody asks for any more";
    SQL_SYNTAX = 301, "sql-syntax", "SQL that can't be parsed";
    EMPTY_PART = 302, "empty-part", "a part without a statement";
    SEVERAL_STATEMENTS = 303, "several-statements", "a part with more than one statement";
    OPAQUE = 304, "opaque", "SQL that buhin doesn't understand; it is passed on as it is";
    UNKNOWN_REF = 401, "unknown-ref", "a ref() to a part that is not defined";
    UNKNOWN_SOURCE = 402, "unknown-source", "a source() that is not declared";
    CYCLE = 403, "cycle", "parts that depend on each other in a circle";
    DISABLED_REF = 404, "disabled-ref", "a ref() to a part that is disabled";
    BAD_SELECTOR = 405, "bad-selector", "a selection that can't be understood";
    NOTHING_SELECTED = 406, "nothing-selected", "a selection that matches nothing";
    AMBIGUOUS_REF = 407, "ambiguous-ref", "a ref() that fits several parts";
    DUPLICATE_RELATION = 408, "duplicate-relation", "two parts that would make the same table";
    PRIVATE_REF = 409, "private-ref", "a ref() to a part that is private to another group";
    BAD_MATERIALIZATION = 501, "bad-materialization", "a materialization that is not known";
    INLINE_UNSAFE = 502, "inline-unsafe", "a part that can't be inlined safely";
    TOO_COMPLEX = 503, "too-complex", "a statement that is larger than the warehouse takes";
    BAD_APPROVED_PLAN = 504, "bad-approved-plan", "an approved plan that can't be read";
    NO_PLAN = 505, "no-plan", "a part that is too complex whatever buhin decides";
    BAD_STATISTICS = 506, "bad-statistics", "statistics of earlier runs that can't be read";
    VIEW_OVER_TEMP = 507, "view-over-temp", "a view that reads a table which ends before it";
    STATEMENT_REFUSED = 508, "statement-refused", "a planned statement that the engine does not take";
    CANNOT_INLINE = 601, "cannot-inline", "a part that can't be put into another's statement";
    WRITE_FAILED = 602, "write-failed", "a file can't be written";
    UNKNOWN_COLUMN = 701, "unknown-column", "a column that can't exist";
    UNKNOWN_QUALIFIER = 702, "unknown-qualifier", "a column of a relation that does not stand in `from`";
    UNDOCUMENTED_CODE = 703, "undocumented-code", "a literal that is none of a column's codes";
    UNREADABLE_CODES = 704, "unreadable-codes", "codes of a column that can't be read";
    NO_DATABASE_LIBRARY = 801, "no-database-library", "the database's library is not found";
    DATABASE_LOCKED = 802, "database-locked", "another process holds the database";
    SQL_FAILED = 803, "sql-failed", "the database refused a statement";
    TEST_FAILED = 804, "test-failed", "a data test found rows";
    TEST_WARNED = 805, "test-warned", "a data test of severity warn found rows";
    CONNECTION_FAILED = 806, "connection-failed", "no connection to the database";
    UNSUPPORTED_WAREHOUSE = 807, "unsupported-warehouse", "a warehouse that this command can't run on";
    SCHEMA_CHANGED = 808, "schema-changed", "an incremental part's columns have changed";
    NOTHING_TO_RETRY = 809, "nothing-to-retry", "no earlier run to retry";
    UNSUPPORTED_PYTHON = 810, "unsupported-python", "a python model can't be run";
    UNSUPPORTED_NODE = 811, "unsupported-node", "a kind of node or materialization that buhin can't run";
    STALE_SOURCE = 820, "stale-source", "a source that was not loaded for too long";
    UNKNOWN_FRESHNESS = 821, "unknown-freshness", "a source whose freshness can't be told";
    BAD_ARGUMENT = 901, "bad-argument", "an argument that can't be used";
    FOLDER_NOT_EMPTY = 902, "folder-not-empty", "a folder that already has a project";
    UNKNOWN_CODE = 903, "unknown-code", "a code that does not exist";
    BAD_STATE = 904, "bad-state", "artifacts of another run that can't be compared with";
    CANNOT_SERVE = 905, "cannot-serve", "docs that can't be served";
    STALE_PAGES = 906, "stale-pages", "pages in git that are out of date";
    BAD_PACKAGE = 1001, "bad-package", "an entry of packages.yml that can't be understood";
    PACKAGE_NOT_FOUND = 1002, "package-not-found", "a package, version or revision that does not exist";
    PACKAGE_CONFLICT = 1003, "package-conflict", "packages that can't be installed together";
    NETWORK_FAILED = 1004, "network-failed", "a server that does not give what it is asked for";
    BROKEN_PACKAGE = 1005, "broken-package", "what was fetched is no package that can be used";
    UNPINNED_PACKAGE = 1006, "unpinned-package", "a repository without a fixed revision";
    PACKAGE_MOVED = 1007, "package-moved", "a package that goes by another name now";
    GIT_FAILED = 1008, "git-failed", "git is missing, or can't fetch a repository";
    NOT_AS_APPROVED = 1101, "not-as-approved", "compiled SQL that is not what was approved";
    NOT_APPROVED = 1102, "not-approved", "a part whose compiled SQL was never approved";
    STALE_APPROVAL = 1103, "stale-approval", "approved SQL that no part needs";
    BAD_APPROVAL = 1104, "bad-approval", "a file of approved SQL that can't be read";
    DIFFERS = 1105, "differs", "a part that may give other rows or columns than before";
    NO_BASE = 1106, "no-base", "an earlier state of the project that can't be read";
    CANNOT_RENAME = 1201, "cannot-rename", "a use of a name that a rename can't be sure of";
    NAME_TAKEN = 1202, "name-taken", "a new name that something has already";
    RENAME_CHANGES_MORE = 1203, "rename-changes-more", "a rename that would change more than a name";
    LEFT_ALONE = 1204, "left-alone", "something that a rename leaves as it is";
}
