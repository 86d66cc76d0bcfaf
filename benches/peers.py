#!/usr/bin/env python3
"""Measures buhin and other compilers of dbt projects side by side: CPU seconds, wall clock and peak memory.

    benches/gen_project.py 1000 /some/project
    benches/peers.py /some/project --buhin target/release/buhin --dbt dbt --dbt2 /path/to/dbt-2

Each program compiles a fresh copy of the project, cold, in turns (A B C A B C …), so that a busy machine is
busy for all of them; the medians and the ratios to buhin are printed. CPU is that of the process and all its
children. Peers that are not given are left out. buhin compiles with --no-deploy, since none of the others
writes a deploy script; with --deploy it writes one as well.
"""

import argparse
import os
import pathlib
import shutil
import statistics
import sys
import tempfile
import time


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("project", type=pathlib.Path)
    parser.add_argument("--buhin", default="target/release/buhin")
    parser.add_argument("--dbt", help="dbt-core, with an adapter for the project's profile")
    parser.add_argument("--dbt2", help="dbt Core v2, the one in Rust")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--command", default="compile", choices=["compile", "parse"])
    parser.add_argument("--deploy", action="store_true", help="let buhin write its deploy script, too")
    args = parser.parse_args()
    own = [args.command] if args.deploy or args.command == "parse" else [args.command, "--no-deploy"]
    peers = {"buhin": [str(pathlib.Path(args.buhin).resolve()), *own]}
    if args.dbt:
        peers["dbt-core"] = [args.dbt, "--no-partial-parse", "--quiet", args.command]
    if args.dbt2:
        peers["dbt v2"] = [args.dbt2, args.command, "--quiet"]
    measured: dict[str, list[tuple[float, float, float]]] = {name: [] for name in peers}
    # All copies are deleted at the end, not between runs: ext4 looks long for an inode where thousands were
    # freed a moment ago, and whoever comes next would pay for it.
    with tempfile.TemporaryDirectory() as folder:
        for run in range(args.runs):
            for name, command in peers.items():
                own = pathlib.Path(folder) / f"{name}-{run}"
                measured[name].append(measure(name, command, args.project, own))
    report(measured)


def measure(
    name: str, command: list[str], project: pathlib.Path, folder: pathlib.Path
) -> tuple[float, float, float]:
    """CPU seconds, wall seconds, MiB, of a run on a fresh copy of the project in `folder`."""
    copy = folder / "project"
    shutil.copytree(project, copy, ignore=shutil.ignore_patterns("target", "logs", "*.duckdb"))
    log = folder / "output"
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
        sys.exit(f"{name} failed:\n{log.read_text(errors='replace')[-3000:]}")
    # Linux counts ru_maxrss in KiB, macOS in bytes.
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return used.ru_utime + used.ru_stime, wall, used.ru_maxrss / unit


def report(measured: dict[str, list[tuple[float, float, float]]]) -> None:
    medians = {name: [statistics.median(column) for column in zip(*runs)] for name, runs in measured.items()}
    ours = medians["buhin"]
    print(f"{'':<10} {'CPU s':>8} {'wall s':>8} {'MiB':>8} {'CPU ratio':>10}")
    for name, (cpu, wall, memory) in medians.items():
        print(f"{name:<10} {cpu:8.2f} {wall:8.2f} {memory:8.0f} {cpu / max(ours[0], 1e-3):9.1f}x")
    for name, runs in measured.items():
        print(f"{name}: CPU s of each run " + " ".join(f"{cpu:.2f}" for cpu, _, _ in runs))


if __name__ == "__main__":
    main()
