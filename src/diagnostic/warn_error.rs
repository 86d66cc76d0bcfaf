//! `--warn-error` and its options: which warnings are errors, and which are not told, by buhin's names or dbt's.

use serde_json::Value;

use super::suggest::closest;
use super::{CODES, Code, Diagnostic, Severity};

/// What becomes of warnings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WarnError {
    /// Every warning is an error, but for those of `warn`.
    all: bool,
    error: Vec<Code>,
    warn: Vec<Code>,
    silence: Vec<Code>,
}

impl WarnError {
    /// `--warn-error`.
    pub fn all() -> Self {
        Self { all: true, ..Self::default() }
    }

    /// True if nothing is changed.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// From `{error: all, warn: [A], silence: [B]}`; `include` and `exclude` are older names of the first two. The error
    /// is a sentence on what is wrong, with the name that was meant if there is one.
    pub fn read(options: &Value) -> Result<Self, String> {
        let Some(map) = options.as_object() else {
            return Err("it should be a mapping with `error`, `warn` and `silence`".to_owned());
        };
        let mut read = Self::default();
        for (key, value) in map {
            let names: Vec<&str> = match value {
                Value::String(name) => vec![name],
                Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
                Value::Null => Vec::new(),
                _ => return Err(format!("`{key}` should be a list of names")),
            };
            let into = match key.as_str() {
                "error" | "include" => &mut read.error,
                "warn" | "exclude" => &mut read.warn,
                "silence" => &mut read.silence,
                other => {
                    return Err(format!("`{other}` is not one of `error`, `warn` and `silence`"));
                }
            };
            for name in names {
                if matches!(name, "all" | "*") && matches!(key.as_str(), "error" | "include") {
                    read.all = true;
                } else {
                    into.extend(codes(name)?);
                }
            }
        }
        Ok(read)
    }

    /// Changes severities, and takes away what is not to be told.
    pub fn apply(&self, diagnostics: &mut Vec<Diagnostic>) {
        if self.is_default() {
            return;
        }
        diagnostics.retain_mut(|diagnostic| {
            let code = diagnostic.code;
            if diagnostic.severity == Severity::Warning {
                if self.silence.contains(&code) {
                    return false;
                }
                if self.error.contains(&code) || self.all && !self.warn.contains(&code) {
                    diagnostic.severity = Severity::Error;
                }
            }
            true
        });
    }
}

/// The codes that a name means: `B0406`, `nothing-selected`, or dbt's `NoNodesForSelectionCriteria`.
fn codes(name: &str) -> Result<Vec<Code>, String> {
    if let Some(info) = CODES.iter().find(|info| info.slug == name || info.code.to_string() == name) {
        return Ok(vec![info.code]);
    }
    if let Some((_, codes)) = DBT.iter().find(|(known, _)| *known == name) {
        return Ok(codes.to_vec());
    }
    if OTHERS.contains(&name) {
        return Ok(Vec::new());
    }
    let known = CODES.iter().map(|info| info.slug).chain(DBT.iter().map(|(name, _)| *name));
    Err(match closest(name, known.chain(OTHERS.iter().copied())) {
        Some(near) => format!("`{name}` is not the name of a warning; did you mean `{near}`?"),
        None => format!("`{name}` is not the name of a warning, neither of buhin's nor of dbt's"),
    })
}

/// dbt's warnings that buhin gives, and under which codes.
const DBT: &[(&str, &[Code])] = &[
    ("Deprecations", &[Code::UNKNOWN_KEY, Code::DUPLICATE_KEY]),
    ("CustomKeyInConfigDeprecation", &[Code::UNKNOWN_KEY]),
    ("CustomKeyInObjectDeprecation", &[Code::UNKNOWN_KEY]),
    ("CustomTopLevelKeyDeprecation", &[Code::UNKNOWN_KEY]),
    ("DuplicateYAMLKeysDeprecation", &[Code::DUPLICATE_KEY]),
    ("GenericJSONSchemaValidationDeprecation", &[Code::UNKNOWN_KEY, Code::BAD_PROJECT_KEY]),
    ("JinjaLogWarning", &[Code::MACRO_WARNING]),
    ("LogTestResult", &[Code::TEST_WARNED]),
    ("MacroNotFoundForPatch", &[Code::PROPERTIES_WITHOUT_NODE]),
    ("NoNodeForYamlKey", &[Code::PROPERTIES_WITHOUT_NODE]),
    ("NoNodesForSelectionCriteria", &[Code::NOTHING_SELECTED]),
    ("NoNodesSelected", &[Code::NOTHING_SELECTED]),
    ("NodeNotFoundOrDisabled", &[Code::UNKNOWN_REF, Code::UNKNOWN_SOURCE, Code::DISABLED_REF]),
    ("RunResultWarning", &[Code::TEST_WARNED]),
    ("RunResultWarningMessage", &[Code::TEST_WARNED]),
    ("UnusedResourceConfigPath", &[UNUSED_CONFIG]),
    ("UnusedTables", &[UNUSED_CONFIG]),
    ("WrongResourceSchemaFile", &[Code::PROPERTIES_WITHOUT_NODE]),
];

/// The code of a config in `dbt_project.yml` that fits no node.
const UNUSED_CONFIG: Code = Code::PROPERTIES_WITHOUT_NODE;

/// dbt's other warnings: known, and of things that buhin has nothing to say of.
const OTHERS: &[&str] = &[
    "ArgumentsPropertyInGenericTestDeprecation",
    "BehaviorChangeEvent",
    "ConfigDataPathDeprecation",
    "ConfigLogPathDeprecation",
    "ConfigSourcePathDeprecation",
    "ConfigTargetPathDeprecation",
    "CustomOutputPathInSourceFreshnessDeprecation",
    "DeprecatedModel",
    "DeprecatedReference",
    "DeprecationsSummary",
    "DepsScrubbedPackageName",
    "DepsUnpinned",
    "DuplicateNameDistinctNodeTypesDeprecation",
    "EnvironmentVariableNamespaceDeprecation",
    "EnvironmentVariableRenamed",
    "ExposureNameDeprecation",
    "FreshnessConfigProblem",
    "GenerateSchemaNameNullValueDeprecation",
    "GenericSemanticLayerDeprecation",
    "GetMetaKeyWarning",
    "InternalDeprecation",
    "InvalidConcurrentBatchesConfig",
    "InvalidMacroAnnotation",
    "InvalidValueForField",
    "MFConverterIssue",
    "MFCumulativeTypeParamsDeprecation",
    "MFTimespineWithoutYamlConfigurationDeprecation",
    "MetricAttributesRenamed",
    "MicrobatchMacroOutsideOfBatchesDeprecation",
    "MicrobatchModelNoEventTimeInputs",
    "MissingArgumentsPropertyInGenericTestDeprecation",
    "MissingPlusPrefixDeprecation",
    "ModelParamUsageDeprecation",
    "ModulesItertoolsUsageDeprecation",
    "NothingToDo",
    "PackageInstallPathDeprecation",
    "PackageMaterializationOverrideDeprecation",
    "PackageNodeDependsOnRootProjectNode",
    "PackageRedirectDeprecation",
    "ProjectFlagsMovedDeprecation",
    "PropertyMovedToConfigDeprecation",
    "ResourceNamesWithSpacesDeprecation",
    "SeedExceedsLimitAndPathChanged",
    "SeedExceedsLimitChecksumChanged",
    "SeedExceedsLimitSamePath",
    "SeedIncreased",
    "SelectExcludeIgnoredWithSelectorWarning",
    "SemanticValidationFailure",
    "SnapshotTimestampWarning",
    "SourceFreshnessProjectHooksNotRun",
    "SourceOverrideDeprecation",
    "TestsConfigDeprecation",
    "TimeDimensionsRequireGranularityDeprecation",
    "UnexpectedJinjaBlockDeprecation",
    "UnsupportedConstraintMaterialization",
    "UnversionedBreakingChange",
    "UpcomingReferenceDeprecation",
    "ValidationWarning",
    "WEOIncludeExcludeDeprecation",
    "WarnStateTargetEqual",
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(options: &Value, expect: &[Option<Severity>]) {
        let warn_error = WarnError::read(options).expect("options");
        let of = |code| {
            let mut all = vec![Diagnostic::warning(code, "a")];
            warn_error.apply(&mut all);
            all.first().map(|it| it.severity)
        };
        assert_eq!([of(Code::NOTHING_SELECTED), of(Code::UNKNOWN_KEY)], expect, "{options}");
    }

    #[test]
    fn names_are_buhins_or_dbts() {
        use Severity::{Error, Warning};
        check(&json!({}), &[Some(Warning), Some(Warning)]);
        check(&json!({"error": "all"}), &[Some(Error), Some(Error)]);
        check(&json!({"error": ["B0406"]}), &[Some(Error), Some(Warning)]);
        check(&json!({"include": "all", "exclude": ["nothing-selected"]}), &[Some(Warning), Some(Error)]);
        check(&json!({"error": "all", "silence": ["NoNodesForSelectionCriteria"]}), &[None, Some(Error)]);
        check(&json!({"error": ["SeedIncreased"]}), &[Some(Warning), Some(Warning)]);
    }

    #[test]
    fn a_slip_is_told() {
        let said = WarnError::read(&json!({"error": ["NoNodeSelected"]})).expect_err("no such name");
        assert!(said.contains("did you mean `NoNodesSelected`"), "{said}");
        assert!(WarnError::read(&json!({"errors": []})).is_err());
        assert!(WarnError::read(&json!([1])).is_err());
    }
}
