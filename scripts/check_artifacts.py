#!/usr/bin/env python3
"""Holds buhin's artifacts against programs that read dbt's.

usage: check_artifacts.py TARGET_FOLDER...

Each folder needs the manifest.json (and whatever else there is) of a `buhin compile` or `buhin build`. The readers come
from PyPI; have them in an environment of their own:

    python3 -m venv consumers
    consumers/bin/pip install dbt-artifacts-parser dbt-bouncer dbt-colibri astronomer-cosmos dbt-semantic-interfaces
    consumers/bin/python scripts/check_artifacts.py target

A reader that is not installed is an error, so that nothing passes unread. Ends with 1 if any reader refuses a file.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(sys.executable).parent


def artifacts_parser(target: Path) -> str:
    """dbt-artifacts-parser: pydantic models of each schema."""
    from dbt_artifacts_parser import parser

    manifest = parser.parse_manifest_v12(json.loads((target / "manifest.json").read_text()))
    read = [f"{len(manifest.nodes)} nodes, {len(manifest.macros)} macros"]
    for name, parse in [
        ("run_results.json", parser.parse_run_results_v6),
        ("catalog.json", parser.parse_catalog_v1),
        ("sources.json", parser.parse_sources_v3),
    ]:
        path = target / name
        if path.exists():
            parse(json.loads(path.read_text()))
            read.append(name)
    return ", ".join(read)


def bouncer(target: Path) -> str:
    """dbt-bouncer: its checks need only run; what they think of the project is not the question."""
    checks = {
        "manifest_checks": [
            {"name": "check_model_names", "model_name_pattern": ".*"},
            {"name": "check_model_access", "access": "protected", "severity": "warn"},
            {"name": "check_model_description_populated", "severity": "warn"},
            {"name": "check_source_description_populated", "severity": "warn"},
            {"name": "check_model_has_unique_test", "severity": "warn"},
            {"name": "check_macro_name_matches_file_name", "severity": "warn"},
        ],
        "dbt_artifacts_dir": str(target.resolve()),
    }
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "dbt-bouncer.yml"
        config.write_text(json.dumps(checks))
        results = Path(folder) / "results.json"
        command = [HERE / "dbt-bouncer", "run", "--config-file", config, "--output-file", results]
        if not help_says(HERE / "dbt-bouncer", "run "):
            command.remove("run")
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, cwd=folder)
        if not results.exists():
            raise RuntimeError((done.stdout + done.stderr)[-1500:])
        return f"{len(json.loads(results.read_text()))} checks run"


def colibri(target: Path) -> str:
    """dbt-colibri: lineage of columns, made of the manifest's compiled_code; it wants a catalog, empty if need be."""
    with tempfile.TemporaryDirectory() as folder:
        catalog = target / "catalog.json"
        if not catalog.exists():
            catalog = Path(folder) / "catalog.json"
            metadata = {"dbt_schema_version": "https://schemas.getdbt.com/dbt/catalog/v1.json"}
            catalog.write_text(json.dumps({"metadata": metadata, "nodes": {}, "sources": {}, "errors": None}))
        output = Path(folder) / "out"
        command = [HERE / "colibri", "generate", "--manifest", (target / "manifest.json").resolve()]
        command += ["--catalog", catalog.resolve(), "--output-dir", output]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, cwd=folder)
        made = list(output.glob("*manifest*.json"))
        if done.returncode != 0 or not made:
            raise RuntimeError((done.stdout + done.stderr)[-1500:])
        return f"{made[0].name}, {made[0].stat().st_size} bytes"


def cosmos(target: Path) -> str:
    """astronomer-cosmos: the graph that it makes of a manifest for Airflow."""
    os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp())
    from cosmos.config import ExecutionConfig, ProfileConfig, ProjectConfig, RenderConfig
    from cosmos.constants import LoadMode
    from cosmos.dbt.graph import DbtGraph

    project = target.resolve().parent
    name = json.loads((target / "manifest.json").read_text())["metadata"]["project_name"]
    graph = DbtGraph(
        project=ProjectConfig(manifest_path=target / "manifest.json", project_name=name),
        render_config=RenderConfig(load_method=LoadMode.DBT_MANIFEST),
        execution_config=ExecutionConfig(dbt_project_path=project),
        profile_config=ProfileConfig(
            profile_name="p", target_name="t", profiles_yml_filepath=project / "dbt_project.yml"
        ),
    )
    graph.load(method=LoadMode.DBT_MANIFEST)
    if not graph.nodes:
        raise RuntimeError("no nodes")
    return f"{len(graph.nodes)} nodes, {len(graph.filtered_nodes)} after selection"


def semantic_interfaces(target: Path) -> str:
    """dbt-semantic-interfaces: the semantic manifest as MetricFlow reads it, with its own validation."""
    path = target / "semantic_manifest.json"
    if not path.exists():
        return "no semantic layer"
    from dbt_semantic_interfaces.implementations.semantic_manifest import PydanticSemanticManifest
    from dbt_semantic_interfaces.validations.semantic_manifest_validator import SemanticManifestValidator

    manifest = PydanticSemanticManifest.parse_raw(path.read_text())
    issues = SemanticManifestValidator[PydanticSemanticManifest]().validate_semantic_manifest(manifest)
    if issues.errors:
        raise RuntimeError("; ".join(issue.message for issue in issues.errors)[:1500])
    return f"{len(manifest.semantic_models)} semantic models, {len(manifest.metrics)} metrics"


def help_says(program: Path, text: str) -> bool:
    done = subprocess.run([str(program), "--help"], capture_output=True, text=True)
    return text in done.stdout


READERS = [artifacts_parser, bouncer, colibri, cosmos, semantic_interfaces]


def main() -> int:
    folders = [Path(word) for word in sys.argv[1:]]
    if not folders:
        print(__doc__)
        return 2
    failed = 0
    for folder in folders:
        for reader in READERS:
            try:
                said = reader(folder)
                print(f"{folder}  {reader.__name__:20} ok      {said}", flush=True)
            except Exception as problem:  # A reader may fail in any way; all of them are told.
                failed += 1
                print(f"{folder}  {reader.__name__:20} FAILED  {type(problem).__name__}: {problem}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
