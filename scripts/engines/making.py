"""What buhin makes of a project: scripts, plans, and what it says."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable

import warehouses

Write = Callable[[pathlib.Path], None]


@dataclasses.dataclass
class Made:
    """The deploy script, how many objects it makes, what buhin said if it wrote none, and the plan if it was asked for."""

    script: str = ""
    objects: int = 0
    problem: str = ""
    refused: bool = False
    """True if no plan keeps the budgets, and buhin says so (B0505)."""
    plan: list[dict] = dataclasses.field(default_factory=list)
    alone: dict[str, str] = dataclasses.field(default_factory=dict)
    """The single statements of the parts that were asked for, by name."""
    tests: list[str] = dataclasses.field(default_factory=list)
    """The queries of the project's tests, if they were asked for."""


def deployed(
    write: Write, args: argparse.Namespace, name: str, plan: bool = False, alone: tuple[str, ...] = (), tests: bool = False
) -> Made:
    """Compiles a project that `write` puts into a folder; `name` is the file's that `--keep` leaves."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="buhin-shape-"))
    try:
        write(folder)
        done = buhin(args, folder, "compile")
        path = folder / "target/deploy/dev.sql"
        if done.returncode or not path.exists():
            # The code may stand far behind warnings.
            said = warehouses.tidy(done.stderr)
            return Made(problem=said[:300] or f"it ends with {done.returncode}", refused="[B0505]" in said)
        made = Made(path.read_text())
        count = re.search(r"^-- (\d+) objects?", made.script, re.M)
        made.objects = int(count.group(1)) if count else 0
        if args.keep:
            keep = pathlib.Path(args.keep)
            keep.mkdir(parents=True, exist_ok=True)
            (keep / f"{name}.sql").write_text(made.script)
        if tests:
            made.tests = [path.read_text() for path in sorted(folder.glob("target/compiled/**/*.yml/**/*.sql"))]
        if plan:
            done = buhin(args, folder, "plan", "--measures", "--format", "json")
            made.plan = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"unique_id"')]
        for part in alone:
            done = buhin(args, folder, "compile", "--standalone", "--select", part.replace(" ", "?"))
            if done.returncode:
                return Made(problem=f"--standalone of `{part}`: {warehouses.tidy(done.stderr)[:300]}")
            made.alone[part] = done.stdout
        return made
    finally:
        if args.keep:
            place = pathlib.Path(args.keep) / f"{name}-project"
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(folder, place, ignore=shutil.ignore_patterns("target"))
        shutil.rmtree(folder, ignore_errors=True)


def buhin(args: argparse.Namespace, folder: pathlib.Path, *words: str) -> subprocess.CompletedProcess:
    """Runs buhin in a project."""
    command = [str(pathlib.Path(args.buhin).resolve()), *words]
    environment = {**os.environ, "DBT_PROFILES_DIR": str(folder), "NO_COLOR": "1"}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment)
