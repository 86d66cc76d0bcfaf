#!/usr/bin/env python3
"""Measures `docs generate`: seconds, memory and size of the site, beside dbt's in the same run.

    benches/docs.py PROJECT [PROJECT …] --buhin target/release/buhin [--dbt dbt] [--runs 3]

Each program works on a fresh copy of each project, in turns, cold, without a database (`--empty-catalog`). CPU seconds
count the process and all its children. `benches/gen_project.py` makes projects.
"""

import argparse
import json
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("projects", nargs="+", type=pathlib.Path)
    parser.add_argument("--buhin", default="target/release/buhin")
    parser.add_argument("--dbt", help="a dbt to measure beside it; left out if not given")
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    programs = {"buhin": str(pathlib.Path(args.buhin).resolve())}
    if args.dbt:
        programs["dbt"] = args.dbt
    print("| project | program | CPU s | wall s | peak MB | CPU to buhin's | site files | site MB | home KB |")
    print("|---|---|--:|--:|--:|--:|--:|--:|--:|")
    for project in args.projects:
        results = {name: [] for name in programs}
        for _ in range(args.runs):
            for name, program in programs.items():
                results[name].append(measured(name, program, project))
        base = statistics.median(run["cpu"] for run in results["buhin"])
        for name, runs in results.items():
            middle = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
            print(
                f"| {project.name} | {name} | {middle['cpu']:.2f} | {middle['wall']:.2f} | {middle['peak']:.0f} "
                f"| {middle['cpu'] / base:.1f} | {middle['files']:.0f} | {middle['size'] / 1e6:.1f} | {middle['home'] / 1e3:.0f} |",
                flush=True,
            )


def measured(name: str, program: str, project: pathlib.Path) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as scratch:
        copy = pathlib.Path(scratch) / "project"
        shutil.copytree(project, copy, ignore=shutil.ignore_patterns("target", "logs", "*.duckdb"))
        words = [program, "docs", "generate", "--empty-catalog", "--project-dir", str(copy), "--profiles-dir", str(copy)]
        # A process of its own for each run, so that its children's peak is its own.
        start = time.monotonic()
        done = subprocess.run([sys.executable, "-c", CHILD, *words], cwd=copy, capture_output=True, text=True)
        wall = time.monotonic() - start
        last = done.stdout.strip().splitlines()[-1:] or [""]
        if done.returncode != 0 or not last[0].startswith("measured "):
            sys.exit(f"{name} failed on {project}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        cpu, peak = map(float, last[0].split()[1:])
        return {"cpu": cpu, "wall": wall, "peak": peak, **site(name, copy / "target")}


def site(name: str, target: pathlib.Path) -> dict[str, float]:
    """The site and what its first page asks for: the files that its HTML names. dbt's page reads the manifest and the catalog
    whole. buhin's also asks for `data/index.js` if the project has no more than 300 parts, seeds and sources; what a browser
    really asks for is `benches/docs-browser.mjs`'s to count."""
    if name == "buhin":
        folder = target / "docs"
        files = [path for path in folder.rglob("*") if path.is_file()]
        named = re.findall(r'(?:src|href)="([^":]+)"', (folder / "index.html").read_text())
        counts = json.loads(re.search(r'"counts":({.*?})', (folder / "data/home.js").read_text())[1])
        index = ["data/index.js"] if sum(counts[key] for key in ["parts", "seeds", "sources"]) <= 300 else []
        home = [folder / path for path in ["index.html", *named, *index]]
    else:
        files = home = [target / path for path in ["index.html", "manifest.json", "catalog.json"]]
    size = lambda paths: sum(path.stat().st_size for path in paths)  # noqa: E731
    return {"files": len(files), "size": size(files), "home": size(home)}


CHILD = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=sys.stderr).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print("measured", used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
sys.exit(code)
"""

if __name__ == "__main__":
    main()
