"""Statements per CPU second: column lineage by buhin and by sqlglot, over the same cases, in one run.

    python3 benches/lineage.py CASES.jsonl --buhin target/release/buhin [--turns 10] [--repeat 2] [--seconds 30]

CASES has an object a line with `sql`, `dialect` and `schema`, as `buhin lineage --jsonl` takes them: TPC-DS and TPC-H
as DuckDB's extensions carry them will do. The two work in turns, so that a machine whose speed changes does so for both:
in each turn buhin answers the whole file `--repeat` times over in one process, start-up and reading of JSON included, and
sqlglot (any version that `pip install sqlglot` gives) takes every tenth case, or what `--turns` says. It parses, qualifies
and traces each output column, for at most `--seconds` in all; its import is not counted. Both work on one thread.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import tempfile
import time
from pathlib import Path


def of_buhin(cases: list[str], buhin: str, repeat: int) -> tuple[int, float]:
    with tempfile.TemporaryFile() as text:
        for _ in range(repeat):
            text.writelines(case.encode() for case in cases)
        text.seek(0)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([buhin, "lineage", "--jsonl"], stdin=text, stdout=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return len(cases) * repeat, seconds


def of_sqlglot(cases: list[str], most: float) -> tuple[int, int, float]:
    import sqlglot
    from sqlglot.lineage import lineage
    from sqlglot.optimizer.qualify import qualify
    from sqlglot.optimizer.scope import build_scope

    done = failed = 0
    start = time.process_time()
    for case in map(json.loads, cases):
        if time.process_time() - start > most:
            break
        done += 1
        dialect = None if case["dialect"] in ("", "generic") else case["dialect"]
        try:
            tree = qualify(sqlglot.parse_one(case["sql"], dialect=dialect), schema=case["schema"], dialect=dialect)
            scope = build_scope(tree)
            for column in tree.named_selects:
                lineage(column, tree, schema=case["schema"], dialect=dialect, scope=scope)
        except Exception:  # noqa: BLE001: whatever it is, the statement has no answer
            failed += 1
    return done, failed, time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", type=Path)
    parser.add_argument("--buhin", default="target/release/buhin")
    parser.add_argument("--turns", type=int, default=10)
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=30)
    args = parser.parse_args()
    cases = [line for line in args.cases.read_text().splitlines(keepends=True) if line.strip()]
    ours, theirs = [0, 0.0], [0, 0, 0.0]
    for turn in range(args.turns):
        ours = [one + more for one, more in zip(ours, of_buhin(cases, args.buhin, args.repeat))]
        more = of_sqlglot(cases[turn :: args.turns], args.seconds / args.turns)
        theirs = [one + more for one, more in zip(theirs, more)]
    count, seconds = ours
    fast = count / seconds
    print(f"buhin    {count:6} statements  {seconds:7.2f} CPU s  {fast:8.0f} a second")
    count, failed, seconds = theirs
    slow = count / seconds
    print(f"sqlglot  {count:6} statements  {seconds:7.2f} CPU s  {slow:8.1f} a second  {failed} failed")
    print(f"ratio    {fast / slow:.0f}")


if __name__ == "__main__":
    main()
