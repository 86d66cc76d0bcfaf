//! `on-run-start` and `on-run-end`: each statement is a node of the manifest.

use std::io;

use serde_json::json;

use super::super::Context;
use super::checksum::sha256;
use super::config::ConfigOut;
use super::write::Object;
use crate::project::{Config, NodeKind};

/// Writes the entries. Fails where `out` does.
pub(super) fn operations(context: &Context<'_>, out: &mut Object<'_>) -> io::Result<()> {
    let target = &context.project.target;
    let config = Config::default();
    for package in &context.project.packages {
        for (when, hooks) in [("on-run-start", &package.on_run_start), ("on-run-end", &package.on_run_end)] {
            for (index, hook) in hooks.iter().enumerate() {
                let name = format!("{}-{when}-{index}", package.name);
                let path = format!("hooks/{name}.sql");
                let unique_id = format!("operation.{}.{name}", package.name);
                let config = ConfigOut {
                    config: &config,
                    kind: NodeKind::Operation,
                    materialized: Some("view"),
                    enabled: true,
                };
                let entry = json!({
                    "database": target.database,
                    "schema": target.schema,
                    "name": name,
                    "resource_type": "operation",
                    "package_name": package.name,
                    "path": path,
                    "original_file_path": "./dbt_project.yml",
                    "unique_id": unique_id,
                    "fqn": [package.name, "hooks", name],
                    "alias": name,
                    "checksum": {"name": "sha256", "checksum": sha256(hook.value.as_bytes())},
                    "config": config,
                    "tags": [when],
                    "description": "",
                    "columns": {},
                    "meta": {},
                    "group": null,
                    "docs": {"show": true, "node_color": null},
                    "patch_path": null,
                    "build_path": null,
                    "unrendered_config": {},
                    "relation_name": null,
                    "raw_code": hook.value,
                    "doc_blocks": [],
                    "language": "sql",
                    "refs": [],
                    "sources": [],
                    "metrics": [],
                    "functions": [],
                    "depends_on": {"macros": [], "nodes": []},
                    "compiled_path": null,
                    "contract": {"enforced": false, "alias_types": true, "checksum": null},
                    "index": index,
                });
                out.entry(&unique_id, &entry)?;
            }
        }
    }
    Ok(())
}
