#!/usr/bin/env python3
"""Print the table of conformity: what buhin compiles, held against what dbt-core compiled, project by project.

usage: scripts/conformity.py FOLDER [NAME ...] [--buhin target/release/buhin] [--asking] [--show N] [--json FILE]
                             [--dbt COMMAND] [--dbt-databricks COMMAND]

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

dbt's CPU seconds are those of meta.json, which is another run at another time, unless `--dbt` says how dbt-core is
called here: then it compiles a copy of each project too. Before it, while it is at work and after it, buhin compiles over
and over, each time cold, so that a machine whose speed changes does so for both; the ratio is that of dbt's CPU seconds to
the mean of buhin's. The same work is asked of both; how many of the nodes dbt's text is that of the golden is told beside.
dbt needs a warehouse, or this:

    --dbt 'VENV/bin/python scripts/dbt_empty.py' --dbt-databricks 'VENV2/bin/python scripts/dbt_empty.py'
"""
import argparse
import json
import os
import pathlib
import re
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

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


def copy_of(base, meta, folder):
    """A copy of the project below a folder; gives where its dbt_project.yml stands."""
    project = pathlib.Path(folder, "project")
    shutil.copytree(base / "project", project, symlinks=True)
    return project / (meta.get("subdir") or "")


def started(words, project, env, log):
    """Starts a command in a project; what it says is written to a file."""
    with open(log, "w", encoding="utf-8") as file:
        return subprocess.Popen(words, cwd=project, env=env, stdin=subprocess.DEVNULL, stdout=file, stderr=file)


def finished(process, wait=True):
    """The CPU seconds of a process and its children when it is done; nothing if it isn't and is not waited for."""
    pid, status, used = os.wait4(process.pid, 0 if wait else os.WNOHANG)
    if not pid:
        return None
    process.returncode = os.waitstatus_to_exitcode(status)
    return used.ru_utime + used.ru_stime


def environment(base):
    return {**os.environ, **{key: str(value) for key, value in read_json(base / "env.json", {}).items()}}


def compile_copy(base, meta, buhin, project, target="target"):
    """Compiles a copy of the project, cold where nothing is in `target` yet; gives the CPU seconds, the exit code and what
    was said."""
    env = {**environment(base), "BUHIN_RUN_STARTED_AT": "2026-01-15T12:00:00Z"}
    args = [buhin, "compile", "--no-deploy", "--introspect", "empty", "--profiles-dir", str((base / "profiles").resolve()),
            "--target-path", target]
    if meta.get("vars"):
        args += ["--vars", json.dumps(meta["vars"])]
    log = project / "buhin.log"
    process = started(args, project, env, log)
    cpu = finished(process)
    return cpu, process.returncode, log.read_text(encoding="utf-8")


def start_dbt(base, meta, command, project):
    """The same with dbt-core, for the same work: nothing of an earlier run, no cache of relations, no log file."""
    env = {**environment(base), "TZ": "UTC", "PYTHONHASHSEED": "0", "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
    args = ["--no-version-check", "--no-use-colors", "--log-level", "warn", "--log-level-file", "none", "compile",
            "--no-populate-cache", "--no-introspect", "--no-partial-parse", "--threads", "2",
            "--profiles-dir", str((base / "profiles").resolve()), *meta.get("args", [])]
    if meta.get("vars"):
        args += ["--vars", json.dumps(meta["vars"])]
    return started([*command, *args], project, env, project / "dbt.log")


def beside(base, meta, command, buhin, project, folder):
    """dbt's CPU seconds for a copy of the project, how many nodes came out as in the golden, and buhin's CPU seconds of
    each run meanwhile and after it."""
    own = copy_of(base, meta, f"{folder}/dbt")
    process = start_dbt(base, meta, command, own)
    cpu, runs = None, []
    while cpu is None or len(runs) < 2:
        # An eighth of the time is enough to see what the machine is like, and little to take from dbt.
        begun = time.monotonic()
        runs.append(compile_copy(base, meta, buhin, project, f"target-{len(runs)}")[0])
        until = time.monotonic() + 7 * (time.monotonic() - begun)
        while cpu is None and time.monotonic() < until:
            time.sleep(0.05)
            cpu = finished(process, wait=False)
    counts, _, _ = compare(base, own, asking=False)
    if not counts["equal"]:
        print(f"    dbt compiled nothing: {(own / 'dbt.log').read_text(encoding='utf-8').strip()[-1000:]}")
    return cpu, counts["equal"], runs


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


def words(line):
    """A command line as words, the files among them by their whole paths: it is run from other folders."""
    return [os.path.abspath(word) if os.path.exists(word) else word for word in shlex.split(line)]


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
    parser.add_argument("--json", type=pathlib.Path, help="write the rows to this file too, project by project")
    parser.add_argument("--dbt", type=words, help="how dbt-core is called, to measure it in the same run")
    parser.add_argument("--dbt-databricks", type=words, help="the same for projects on Databricks")
    args = parser.parse_args()
    buhin = os.path.abspath(args.buhin)
    names = args.names or sorted(path.parent.name for path in args.folder.glob("*/meta.json"))
    total, rows, cpu_all, dbt_all = dict.fromkeys(COLUMNS, 0), [], 0.0, 0.0
    print(f"{'project':30} {'dialect':10} " + " ".join(f"{name:>6}" for name in COLUMNS) + f" {'cpu s':>7} {'dbt/buhin':>9}")
    # Copies are deleted at the end: ext4 looks long for an inode where thousands were freed a moment ago, and
    # whoever comes next would pay for it.
    copies = tempfile.TemporaryDirectory()
    for name in names:
        base, folder = args.folder / name, f"{copies.name}/{name}"
        meta = read_json(base / "meta.json", {})
        command = args.dbt_databricks if args.dbt and meta.get("adapter") == "databricks" else args.dbt
        try:
            project = copy_of(base, meta, folder)
            cpu, code, said = compile_copy(base, meta, buhin, project)
            dbt, same = meta.get("cpu_s") or 0.0, None
            if command:
                dbt, same, runs = beside(base, meta, command, buhin, project, folder)
                runs.insert(0, cpu)
                cpu = statistics.mean(runs)
        except (OSError, shutil.Error) as error:
            print(f"{name:30} could not be run: {error}")
            continue
        counts, differ, missing = compare(base, project, args.asking)
        cpu_all, dbt_all = cpu_all + cpu, dbt_all + dbt
        for key in COLUMNS:
            total[key] += counts[key]
        rows.append({"project": name, "dialect": meta.get("adapter"), **counts, "cpu_s": round(cpu, 3), "dbt_cpu_s": dbt})
        if command:
            rows[-1].update(runs=[round(it, 3) for it in runs], dbt_cpu_s=round(dbt, 2), dbt_equal=same)
        if args.json:
            args.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
        ratio = f"{dbt / cpu:9.0f}" if dbt and cpu else f"{'-':>9}"
        print(f"{name:30} {meta.get('adapter') or '':10} " + " ".join(f"{counts[key]:6}" for key in COLUMNS)
              + f" {cpu:7.2f} {ratio}" + (f"  dbt {dbt:.1f} s, {same} as in its golden" if command else ""), flush=True)
        if code not in (0, 1):
            print(f"    exit code {code}: {said.strip()[-300:]}")
        if missing:
            print(f"    {missing} goldens are missing")
        for line in differ[:args.show]:
            print(f"    {line}")
    nodes = max(total["nodes"], 1)
    ratio = f"{dbt_all / cpu_all:9.0f}" if cpu_all else f"{'-':>9}"
    print(f"{'all':30} {'':10} " + " ".join(f"{total[key]:6}" for key in COLUMNS) + f" {cpu_all:7.2f} {ratio}")
    print(f"{100 * total['equal'] / nodes:.2f} % equal, {100 * total['byte'] / nodes:.2f} % to the byte")
    print(fixtures())
    copies.cleanup()
    return 0 if total["nodes"] else 1


if __name__ == "__main__":
    sys.exit(main())
