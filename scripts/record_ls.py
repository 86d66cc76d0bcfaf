#!/usr/bin/env python3
"""Record what dbt-core's `ls` answers for the projects of tests/ls, line by line.

usage: VENV/bin/python scripts/record_ls.py [--only WORD]

The venv is that of scripts/record_conformity.py. A project is a case file (tests/conformity/README.md says how one is
written), or the demo at the repository's root (option `project: demo`). Its section `lines` has the arguments of one
`ls` a line; a line without `--output` gets one of the four forms in turn. `STATE` in a line is a folder with the
manifest of an earlier project: the same files with those of `before/` laid over them, without those that the option
`absent-before` names.

Written are goldens/NAME.golden, a section for each line, and state/NAME/manifest.json, from which times and what is
dbt's own are taken out. A line on which dbt fails has `(fails)` behind it.
"""
import argparse
import contextlib
import importlib.util
import io
import json
import pathlib
import shutil
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDER = ROOT / "tests" / "ls"
FORMS = ["name", "path", "selector", "json --output-keys unique_id"]
DEMO = ["dbt_project.yml", "profiles.yml", "models", "macros", "seeds", "snapshots", "analyses", "data_tests"]
KEPT = ["nodes", "sources", "exposures", "metrics", "semantic_models", "saved_queries", "unit_tests", "groups"]

# What dbt compares of a node, and what says which it is.
COMPARED = ["access", "alias", "checksum", "columns", "config", "contract", "database", "deprecation_date", "depends_on",
            "description", "fqn", "latest_version", "name", "original_file_path", "package_name", "raw_code",
            "resource_type", "schema", "test_metadata", "unique_id", "unrendered_config", "version"]

spec = importlib.util.spec_from_file_location("fixtures", ROOT / "scripts" / "record_conformity.py")
fixtures = importlib.util.module_from_spec(spec)
spec.loader.exec_module(fixtures)


def project_of(case):
    """Files of the project, those of before laid over them, options and lines."""
    files, options = fixtures.read_fixture(case)
    lines = files.pop("lines").decode().splitlines()
    before = {name.removeprefix("before/"): files.pop(name) for name in list(files) if name.startswith("before/")}
    if fixtures.option(options, "project") == "demo":
        files = {}
        for name in DEMO:
            below = [ROOT / name] if (ROOT / name).is_file() else sorted((ROOT / name).rglob("*"))
            # What the compiler's own tests have approved is no snapshot of dbt's.
            below = [path for path in below if path.is_file() and path.suffix != ".snap"]
            files.update({str(path.relative_to(ROOT)): path.read_bytes() for path in below})
    earlier = {**files, **before}
    for name in (fixtures.option(options, "absent-before") or "").split(","):
        earlier.pop(name.strip(), None)
    return files, earlier, options, lines


def with_form(at, line):
    """The line with the form of output that is its turn."""
    return line if "--output" in line else f"{line} --output {FORMS[at % len(FORMS)]}".strip()


def write(folder, files):
    for name, content in files.items():
        path = pathlib.Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def slim(manifest):
    """What a comparison looks at, without times."""
    own = {"metadata": {key: manifest["metadata"][key] for key in ("dbt_schema_version", "dbt_version", "project_name")}}
    for key in KEPT:
        own[key] = manifest[key]
    of_dbt = lambda entry: entry["package_name"].startswith("dbt")
    for entry in own["nodes"].values():
        persists = any((entry["config"].get("persist_docs") or {}).values())
        for key in [key for key in entry if key not in COMPARED or key in ("columns", "description") and not persists]:
            del entry[key]
        entry["config"] = {key: entry["config"].get(key) for key in ("materialized", "persist_docs")}
    own["macros"] = {uid: entry for uid, entry in manifest["macros"].items() if not of_dbt(entry)}
    drop(own)
    return own


def drop(value):
    """Takes out times and paths of the machine."""
    if isinstance(value, dict):
        value.pop("created_at", None)
        if "root_path" in value:
            value["root_path"] = None
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            drop(item)


def common(folder, demo):
    own = [] if demo else ["--profile", "shop", "--target", "duckdb"]
    return ["--no-partial-parse", "--no-version-check", "--quiet", "--no-use-colors", "--project-dir", folder,
            "--profiles-dir", folder, *own]


def record(case):
    from dbt.cli.main import dbtRunner

    files, earlier, options, lines = project_of(case)
    demo = fixtures.option(options, "project") == "demo"
    sections = []
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as old:
        write(folder, files)
        write(old, earlier)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            done = dbtRunner().invoke(["parse", *common(old, demo)])
        assert done.success, done.exception
        manifest = json.loads(pathlib.Path(old, "target", "manifest.json").read_text())
        state = FOLDER / "state" / case.stem / "manifest.json"
        state.parent.mkdir(parents=True, exist_ok=True)
        state.write_text(json.dumps(slim(manifest), sort_keys=True, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
        kept = pathlib.Path(old, "kept")
        kept.mkdir()
        shutil.copy(pathlib.Path(old, "target", "manifest.json"), kept)
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            now = dbtRunner().invoke(["parse", *common(folder, demo)]).result
        for at, line in enumerate(lines):
            line = with_form(at, line)
            words = [str(kept) if word == "STATE" else word for word in line.split(" ")]
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                # A manifest made once serves all lines.
                done = dbtRunner(manifest=now).invoke(["ls", *words, *common(folder, demo)])
            if done.exception is not None:
                sections.append((f"{line} (fails)", ""))
                print(f"  {line}: {str(done.exception).splitlines()[:2]}")
            else:
                sections.append((line, "\n".join(done.result or [])))
    golden = FOLDER / "goldens" / f"{case.stem}.golden"
    golden.parent.mkdir(exist_ok=True)
    golden.write_text("".join(f"--- {title} ---\n{text}\n" for title, text in sections), encoding="utf-8")
    print(f"{case.stem}: {len(sections)} lines")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    for case in sorted(FOLDER.glob("*.case")):
        if args.only in case.stem:
            record(case)


if __name__ == "__main__":
    main()
