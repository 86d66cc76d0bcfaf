#!/usr/bin/env python3
"""Print the table of conformity: what buhin compiles, held against what dbt-core compiled, project by project.

usage: scripts/conformity.py FOLDER [NAME ...] [--buhin target/release/buhin] [--asking] [--show N] [--json FILE]

FOLDER has one folder for each project:

    NAME/project/               the project with its packages in place; it is copied, never written to
    NAME/profiles/profiles.yml  a profile that nobody connects with
    NAME/meta.json              adapter, subdir (of the dbt project), vars, cpu_s (CPU seconds dbt-core took)
    NAME/env.json               variables of the environment, if it needs any
    NAME/golden/nodes.json      by unique id: type, path, compiled_path, sha (if dbt gave it SQL), error,
                                introspects (what it asked the warehouse)
    NAME/golden/unstable.json   unique ids whose golden differs from run to run, if there are any
    NAME/golden/compiled/...    dbt's target/compiled

A node is a model, test, snapshot, analysis or hook that dbt compiled. `equal` is the same text after white space
outside of strings, quoted names and comments is collapsed, `byte` the same bytes, `failed` is what buhin gave
nothing for. Nodes that asked the warehouse are left out, unless `--asking`: both were told that it is empty, so
they mostly agree too. The goldens' clock (2026-01-15 12:00 UTC) is buhin's. A file that is missing from the
goldens is counted beside the table and skipped. No deploy script is written: dbt-core has none.
"""
import argparse
import json
import os
import pathlib
import re
import resource
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
KINDS = {"model", "test", "snapshot", "analysis", "operation"}
TOKEN = re.compile(r"""'(?:[^'\\]|\\.|'')*'|"(?:[^"]|"")*"|`[^`]*`|--[^\n]*|/\*.*?\*/|\s+""", re.S)
COLUMNS = ["nodes", "equal", "byte", "wrong", "failed"]


def collapse(sql):
    """White space outside of strings, quoted names and comments becomes one blank."""
    def one(match):
        text = match[0]
        return " " if text.isspace() else text.rstrip() if text.startswith("--") else text
    return TOKEN.sub(one, sql).strip()


def read_json(path, otherwise):
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else otherwise


def text_of(path):
    """A file's text with its line ends as they are, or nothing."""
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except OSError:
        return None


def compile_copy(base, meta, buhin, folder):
    """Compiles a copy of the project; gives where it stands, the CPU seconds and the finished process."""
    project = pathlib.Path(folder, "project")
    shutil.copytree(base / "project", project, symlinks=True)
    project = project / (meta.get("subdir") or "")
    env = {**os.environ, **{key: str(value) for key, value in read_json(base / "env.json", {}).items()}}
    env.update(BUHIN_RUN_STARTED_AT="2026-01-15T12:00:00Z")
    args = [buhin, "compile", "--no-deploy", "--introspect", "empty", "--profiles-dir", str((base / "profiles").resolve())]
    if meta.get("vars"):
        args += ["--vars", json.dumps(meta["vars"])]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(args, cwd=project, env=env, capture_output=True, text=True, timeout=3600)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return project, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done


def compare(base, project, asking):
    """The counts of one project, the nodes that differ, and how many goldens are missing."""
    counts, differ, missing = dict.fromkeys(COLUMNS, 0), [], 0
    unstable = set(read_json(base / "golden/unstable.json", []))
    for uid, node in read_json(base / "golden/nodes.json", {}).items():
        if node.get("type") not in KINDS or not node.get("sha") or not node.get("compiled_path"):
            continue
        if node.get("error") or uid in unstable or (node.get("introspects") and not asking):
            continue
        below = node["compiled_path"].split("/compiled/", 1)[-1]
        golden = text_of(base / "golden/compiled" / below)
        if golden is None:
            missing += 1
            continue
        mine = text_of(project / "target/compiled" / below)
        counts["nodes"] += 1
        if mine is None:
            counts["failed"] += 1
            differ.append(f"failed {uid}")
        elif collapse(mine) == collapse(golden):
            counts["equal"] += 1
            counts["byte"] += mine == golden
        else:
            counts["wrong"] += 1
            differ.append(f"wrong  {uid}")
    return counts, differ, missing


def fixtures():
    """One line on the fixtures that stand in the repository."""
    folder = ROOT / "tests" / "conformity"
    goldens = list((folder / "goldens").glob("*.golden"))
    sections = sum(len(re.findall(r"^--- .* ---$", golden.read_text(encoding="utf-8"), re.M)) for golden in goldens)
    known = [line for line in (folder / "KNOWN").read_text(encoding="utf-8").splitlines()
             if line and not line.startswith("#")]
    dialects = len({golden.name.split(".")[-2] for golden in goldens})
    return (f"fixtures in tests/conformity: {len(list(folder.glob('*.case')))}, with {len(goldens)} goldens of "
            f"{dialects} dialects and {sections} sections; {len(known)} known differences")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--buhin", default=str(ROOT / "target/release/buhin"))
    parser.add_argument("--asking", action="store_true", help="also count nodes that ask the warehouse")
    parser.add_argument("--show", type=int, default=0, help="print this many differing nodes of each project")
    parser.add_argument("--json", type=pathlib.Path, help="write the rows to this file too")
    args = parser.parse_args()
    names = args.names or sorted(path.parent.name for path in args.folder.glob("*/meta.json"))
    total, rows, cpu_all, dbt_all = dict.fromkeys(COLUMNS, 0), [], 0.0, 0.0
    print(f"{'project':30} {'dialect':10} " + " ".join(f"{name:>6}" for name in COLUMNS) + f" {'cpu s':>7} {'dbt/buhin':>9}")
    for name in names:
        base = args.folder / name
        meta = read_json(base / "meta.json", {})
        with tempfile.TemporaryDirectory() as folder:
            try:
                project, cpu, done = compile_copy(base, meta, os.path.abspath(args.buhin), folder)
            except (OSError, shutil.Error, subprocess.TimeoutExpired) as error:
                print(f"{name:30} could not be run: {error}")
                continue
            counts, differ, missing = compare(base, project, args.asking)
        dbt = meta.get("cpu_s") or 0.0
        cpu_all, dbt_all = cpu_all + cpu, dbt_all + dbt
        for key in COLUMNS:
            total[key] += counts[key]
        rows.append({"project": name, "dialect": meta.get("adapter"), **counts, "cpu_s": round(cpu, 3), "dbt_cpu_s": dbt})
        ratio = f"{dbt / cpu:9.0f}" if dbt and cpu else f"{'-':>9}"
        print(f"{name:30} {meta.get('adapter') or '':10} " + " ".join(f"{counts[key]:6}" for key in COLUMNS)
              + f" {cpu:7.2f} {ratio}", flush=True)
        if done.returncode not in (0, 1):
            print(f"    exit code {done.returncode}: {done.stderr.strip()[-300:]}")
        if missing:
            print(f"    {missing} goldens are missing")
        for line in differ[:args.show]:
            print(f"    {line}")
    nodes = max(total["nodes"], 1)
    ratio = f"{dbt_all / cpu_all:9.0f}" if cpu_all else f"{'-':>9}"
    print(f"{'all':30} {'':10} " + " ".join(f"{total[key]:6}" for key in COLUMNS) + f" {cpu_all:7.2f} {ratio}")
    print(f"{100 * total['equal'] / nodes:.2f} % equal, {100 * total['byte'] / nodes:.2f} % to the byte")
    print(fixtures())
    if args.json:
        args.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return 0 if total["nodes"] else 1


if __name__ == "__main__":
    sys.exit(main())
