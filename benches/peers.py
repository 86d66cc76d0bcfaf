#!/usr/bin/env python3
"""Measures buhin and other compilers of SQL projects side by side: CPU seconds, wall clock and peak memory.

    benches/gen_peers.py /some/project --models 1000      (or benches/gen_project.py, for the dbts alone)
    benches/peers.py /some/project --buhin target/release/buhin --dbt dbt --dbt2 /path/to/dbt-2 --fusion /path/to/dbt-fusion
                     [--sqlmesh PYTHON --sqlmesh-project DIR] [--dataform BIN --dataform-project DIR]
                     [--states cold unchanged touched selected] [--runs 5]

Each program compiles a fresh copy of the project, in turns (A B C A B C …), so that a busy machine is busy for all of
them; the medians and the ratios to buhin are printed. CPU is that of the process and all its children. Peers that are
not given are left out, and so is one that fails, with what it said. Four states, one after the other in each copy:

    cold       nothing is there but the project
    unchanged  again, nothing changed
    touched    again, after a comment was added to one part
    selected   just that part (Dataform can't)

buhin compiles with --no-deploy, since none of the others writes a deploy script; with --deploy it writes one as well.
Fusion is measured as it comes, with its static analysis; for DuckDB it and dbt v2 want libduckdb.so on LD_LIBRARY_PATH,
and Fusion wants the sources' tables in the project's database. SQLMesh (PYTHON is that of its environment) and Dataform
(its project with @dataform/core installed) take projects of their own: `gen_peers.py --flavour` makes the same
graph of parts for each. SQLMesh has no command that compiles all: a few lines render every model through its own
library, which is what its `render` does for one.
"""

import argparse
import os
import pathlib
import shutil
import statistics
import sys
import tempfile
import time

STATES = ["cold", "unchanged", "touched", "selected"]

# Renders all models, or those that are named.
SQLMESH = """
import sys
from sqlmesh import Context
context = Context(paths='.')
names = sys.argv[1:]
for model in context.models.values():
    if model.kind.name != 'EXTERNAL' and (not names or model.view_name in names):
        print(context.render(model).sql(dialect='duckdb'))
"""


class Peer:
    """A program, its project, and how it is called for all and for one part."""

    def __init__(self, project, everything, one):
        self.project, self.everything, self.one = project, everything, one
        files = [path for end in ("sql", "sqlx") for path in project.rglob(f"*.{end}")]
        parts = sorted(path.relative_to(project) for path in files
                       if {"models", "definitions"} & set(path.parts) and "node_modules" not in path.parts)
        self.touched = parts[len(parts) // 2]

    def command(self, state):
        """What is run, or nothing if the program can't do that."""
        if state != "selected":
            return self.everything
        return self.one and [*self.one, self.touched.stem]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=pathlib.Path)
    parser.add_argument("--buhin", default="target/release/buhin")
    parser.add_argument("--dbt", help="dbt-core, with an adapter for the project's profile")
    parser.add_argument("--dbt2", help="dbt Core v2, the one in Rust")
    parser.add_argument("--fusion", help="dbt Fusion")
    parser.add_argument("--sqlmesh", help="the Python that has SQLMesh")
    parser.add_argument("--sqlmesh-project", type=pathlib.Path)
    parser.add_argument("--dataform", help="Dataform's command")
    parser.add_argument("--dataform-project", type=pathlib.Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--states", nargs="+", default=["cold"], choices=STATES)
    parser.add_argument("--command", default="compile", choices=["compile", "parse"])
    parser.add_argument("--deploy", action="store_true", help="let buhin write its deploy script, too")
    args = parser.parse_args()
    own = [args.command] if args.deploy or args.command == "parse" else [args.command, "--no-deploy"]
    own = [str(pathlib.Path(args.buhin).resolve()), *own]
    peers = {"buhin": Peer(args.project, own, [*own, "--select"])}
    dbts = [("dbt-core", args.dbt, ["--quiet", args.command]), ("dbt v2", args.dbt2, [args.command, "--quiet"]),
            ("fusion", args.fusion, [args.command, "--quiet"])]
    for name, program, words in dbts:
        if program:
            peers[name] = Peer(args.project, [program, *words], [program, *words, "--select"])
    if args.sqlmesh:
        words = [args.sqlmesh, "-c", SQLMESH]
        peers["sqlmesh"] = Peer(args.sqlmesh_project, words, words)
    if args.dataform:
        peers["dataform"] = Peer(args.dataform_project, [args.dataform, "compile", ".", "--json"], None)
    states = [state for state in STATES if state in args.states]
    measured: dict[tuple[str, str], list[tuple[float, float, float]]] = {}
    # All copies are deleted at the end, not between runs: ext4 looks long for an inode where thousands were
    # freed a moment ago, and whoever comes next would pay for it.
    with tempfile.TemporaryDirectory() as folder:
        for run in range(args.runs):
            for name in list(peers):
                own = pathlib.Path(folder) / f"{name}-{run}"
                if not all_states(name, peers[name], own, states, measured):
                    del peers[name]
            report(measured, states)


def all_states(name, peer, folder, states, measured) -> bool:
    """Adds what each state of a fresh copy takes; false if the program failed."""
    copy = folder / "project"
    ignored = shutil.ignore_patterns("target", "logs", ".cache")
    shutil.copytree(peer.project, copy, ignore=ignored, symlinks=True)
    for state in states:
        if state == "touched":
            with (copy / peer.touched).open("a", encoding="utf-8") as file:
                file.write("\n-- touched\n")
        command = peer.command(state)
        if not command:
            continue
        figures = measure(command, copy, folder / f"output-{state}")
        if isinstance(figures, str):
            print(f"{name} failed, {state}:\n{figures}", flush=True)
            return False
        measured.setdefault((name, state), []).append(figures)
    return True


def measure(command: list[str], copy: pathlib.Path, log: pathlib.Path) -> tuple[float, float, float] | str:
    """CPU seconds, wall seconds and MiB of a run, or what it said if it failed."""
    start = time.monotonic()
    pid = os.fork()
    if pid == 0:
        os.chdir(copy)
        output = os.open(log, os.O_WRONLY | os.O_CREAT)
        os.dup2(output, 1)
        os.dup2(output, 2)
        environment = {**os.environ, "DBT_PROFILES_DIR": str(copy), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
        try:
            os.execvpe(command[0], command, environment)
        except OSError as error:
            print(f"{command[0]}: {error}", file=sys.stderr)
            os._exit(127)
    _, status, used = os.wait4(pid, 0)
    wall = time.monotonic() - start
    if os.waitstatus_to_exitcode(status) != 0:
        return log.read_text(errors="replace")[-3000:]
    # Linux counts ru_maxrss in KiB, macOS in bytes.
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return used.ru_utime + used.ru_stime, wall, used.ru_maxrss / unit


def report(measured, states) -> None:
    medians = {key: [statistics.median(column) for column in zip(*runs)] for key, runs in measured.items()}
    for state in states:
        if ("buhin", state) not in medians:
            continue
        ours = medians["buhin", state]
        print(f"\n{state:<10} {'CPU s':>8} {'wall s':>8} {'MiB':>8} {'CPU ratio':>10}  CPU s of each run")
        for (name, of), (cpu, wall, memory) in medians.items():
            if of == state:
                runs = " ".join(f"{cpu:.2f}" for cpu, _, _ in measured[name, state])
                print(f"{name:<10} {cpu:8.2f} {wall:8.2f} {memory:8.0f} {cpu / max(ours[0], 1e-3):9.1f}x  {runs}")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
