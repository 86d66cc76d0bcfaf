#!/usr/bin/env python3
"""Counts the instructions of each stage of the pipeline, and says where they differ from the stored figures.

    scripts/instructions.py                 count, compare with benches/instructions.json, name changes above 5 %
    scripts/instructions.py --accept        the same, and store what was counted
    scripts/instructions.py --strict        exit with 1 if a stage takes over 5 % more

Instructions, unlike seconds, are the same on a busy machine. They are counted by valgrind (cachegrind) in the debug
build, which the tests have built already, on one thread, over a made-up project of 60 parts: this is for seeing that
something costs more than before, not for what it costs (see docs/benchmarks.md). Another compiler counts otherwise; then
accept anew. Without valgrind it says so and is done.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
STORED = ROOT / "benches" / "instructions.json"
PARTS = 60
STAGES = ["project", "load", "macros", "collect", "resolve", "plan", "render", "check", "emit", "artifacts", "lineage"]
# What a stage may change without being named.
NOISE = 0.05


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--accept", action="store_true", help="store what was counted")
    parser.add_argument("--strict", action="store_true", help="exit with 1 if a stage takes over 5 % more")
    args = parser.parse_args()
    if not shutil.which("valgrind"):
        print("SKIPPED: valgrind is not installed")
        return 0
    program = build()
    totals = [instructions(program, stage) for stage in STAGES]
    counted = {stage: after - before for stage, before, after in zip(STAGES[1:], totals, totals[1:])}
    stored = json.loads(STORED.read_text()) if STORED.exists() else {}
    worse = report(counted, stored)
    if args.accept:
        STORED.write_text(json.dumps(counted, indent=2) + "\n")
    return 1 if args.strict and worse else 0


def build() -> str:
    """The path of the benchmark's program."""
    command = ["cargo", "build", "--locked", "--bench", "count", "--message-format", "json-render-diagnostics"]
    messages = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    found = [json.loads(line) for line in messages.splitlines() if line.startswith("{")]
    programs = [it["executable"] for it in found if it.get("executable") and it["target"]["name"] == "count"]
    if not programs:
        sys.exit("cargo has built no program of this name")
    return programs[-1]


def instructions(program: str, stage: str) -> int:
    """All that the process executes up to the end of a stage."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["valgrind", "--tool=cachegrind", "--cache-sim=no", f"--cachegrind-out-file={folder}/out"]
        environment = {**os.environ, "RAYON_NUM_THREADS": "1"}
        command += [program, str(PARTS), stage]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
    found = re.search(r"I\s+refs:\s+([\d,]+)", done.stderr)
    if done.returncode != 0 or not found:
        sys.exit(f"{stage}: {done.stderr[-2000:]}")
    return int(found[1].replace(",", ""))


def report(counted: dict[str, int], stored: dict[str, int]) -> list[str]:
    """Prints the table; gives the stages that take more than before."""
    worse = []
    print(f"{'stage':<10} {'million':>9} {'stored':>9} {'change':>8}")
    for stage, now in counted.items():
        before = stored.get(stage)
        if not before:
            print(f"{stage:<10} {now / 1e6:9.1f} {'':>9} {'new':>8}")
            continue
        change = now / before - 1
        mark = " <-- more" if change > NOISE else " <-- less" if change < -NOISE else ""
        print(f"{stage:<10} {now / 1e6:9.1f} {before / 1e6:9.1f} {change:8.1%}{mark}")
        if change > NOISE:
            worse.append(stage)
    return worse


if __name__ == "__main__":
    sys.exit(main())
