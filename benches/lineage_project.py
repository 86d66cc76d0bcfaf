"""CPU time and memory of lineage through whole projects, beside what it is to compile them, in one run.

    python3 benches/lineage_project.py FOLDER... --buhin target/release/buhin [--repeat 3]

Each FOLDER is a project with a profile, such as `benches/gen_project.py 1000 FOLDER` makes. `buhin compile` and
`buhin lineage` (all columns of the project, summed up) run in turn, each in a process of its own; the least CPU time and
the least peak of memory count. The last line holds the largest project against the smallest: where work and memory are
linear, what a value edge costs stays as it is.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Cost:
    """Of one process: CPU seconds, and its peak of memory in MB."""

    seconds: float
    megabytes: float


def run(buhin: str, command: str, folder: Path) -> tuple[Cost, str]:
    with tempfile.TemporaryDirectory() as target, tempfile.TemporaryFile("w+") as out:
        words = [buhin, command, "--project-dir", str(folder), "--profiles-dir", str(folder), "--target-path", target]
        process = subprocess.Popen(words, stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        if status != 0:
            raise SystemExit(f"`{' '.join(words)}` failed")
        out.seek(0)
        return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024), out.read()


def least(buhin: str, command: str, folder: Path, repeat: int) -> tuple[Cost, str]:
    runs = [run(buhin, command, folder) for _ in range(repeat)]
    cost = Cost(min(it.seconds for it, _ in runs), min(it.megabytes for it, _ in runs))
    return cost, runs[0][1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--buhin", default="target/release/buhin")
    parser.add_argument("--repeat", type=int, default=3)
    args = parser.parse_args()
    edges: list[tuple[int, Cost]] = []
    for folder in args.folders:
        compiled, _ = least(args.buhin, "compile", folder, args.repeat)
        cost, text = least(args.buhin, "lineage", folder, args.repeat)
        counts = re.search(r"([\d,]+) columns, ([\d,]+) value edges", text)
        if counts is None:
            raise SystemExit(f"no counts in what `buhin lineage` says of {folder}")
        columns, count = (int(number.replace(",", "")) for number in counts.groups())
        edges.append((count, cost))
        print(
            f"{folder.name:12} {columns:8} columns {count:9} edges  lineage {cost.seconds:7.2f} CPU s "
            f"{cost.megabytes:7.0f} MB  compile {compiled.seconds:7.2f} CPU s {compiled.megabytes:7.0f} MB  "
            f"ratio {cost.seconds / compiled.seconds:.2f}"
        )
    (few, small), (many, large) = min(edges, key=lambda it: it[0]), max(edges, key=lambda it: it[0])
    if many > few:
        print(
            f"{many / few:.1f} times the edges: {large.seconds / small.seconds:.1f} times the time, "
            f"{large.megabytes / small.megabytes:.1f} times the memory"
        )


if __name__ == "__main__":
    main()
