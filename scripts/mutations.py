"""What `buhin diff` says of random changes: those that matter, and those that don't.

    python3 scripts/mutations.py PROJECT... --buhin target/release/buhin [--rounds 10] [--seed 1] [--json FILE]

Each PROJECT is copied into a temporary folder and put under git. In each round every part of it gets one change, chosen by
the seed: one that changes what the query means (another comparison, join, aggregate, literal …), or one that does not (case
of keywords, comments, blanks). `buhin diff` then says what each change does. Prints the matrix of changes and verdicts,
and names every change of meaning that was called cosmetic or equivalent: there must be none, but for changes that by chance
change nothing, which a person has to look at. Exits with 1 if there is one.
"""

from __future__ import annotations

import argparse
import collections
import json
import random
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

Change = tuple[str, str]

# Words of SQL outside of strings, comments, quoted names and Jinja.
PROTECTED = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|`[^`]*`|--[^\n]*|/\*.*?\*/|\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)

MEANING: list[tuple[str, str, str]] = [
    ("comparison", r"(?<![<>=!:])=(?![=>])", "<>"),
    ("comparison", r"(?<![<>=!-])<(?![<>=])", "<="),
    ("comparison", r"(?<![<>=!-])>(?![<>=])", ">="),
    ("comparison", r">=", ">"),
    ("comparison", r"<=", "<"),
    ("join", r"\bleft join\b", "join"),
    ("join", r"\binner join\b", "left join"),
    ("aggregate", r"\bsum\(", "max("),
    ("aggregate", r"\bmin\(", "max("),
    ("aggregate", r"\bmax\(", "min("),
    ("aggregate", r"\bcount\(distinct ", "count("),
    ("set operation", r"\bunion all\b", "union"),
    ("set operation", r"\bunion\b(?! all)", "union all"),
    ("logic", r"\bis not null\b", "is null"),
    ("logic", r"\bis null\b", "is not null"),
    ("logic", r"\bnot in\b", "in"),
    ("logic", r"\bor\b", "and"),
    ("arithmetic", r"(?<=\w) \+ (?=\w)", " - "),
    ("arithmetic", r"(?<=\w)(?<!select) \* (?=\w)", " + "),
    ("literal", r"(?<![\w.'\"])([1-9][0-9]{0,5})(?![\w.'\"])", "MORE"),
    ("order of window", r"\bdesc\b", "asc"),
    ("distinct", r"\bselect distinct\b", "select"),
]

KEYWORDS = re.compile(r"\b(select|from|where|group by|order by|left join|inner join|join|on|and|or|as|case|when|then|else|end|union all|with|over|partition by|not|null|is|in|between|distinct|having)\b")


def free(text: str) -> list[tuple[int, int]]:
    """The spans of a text that may be changed."""
    spans, at = [], 0
    for match in PROTECTED.finditer(text):
        spans.append((at, match.start()))
        at = match.end()
    spans.append((at, len(text)))
    return spans


def meaning(text: str, chance: random.Random) -> tuple[str, str] | None:
    """The text with one change of what it means, and the change's kind."""
    places = []
    for kind, pattern, new in MEANING:
        for start, end in free(text):
            places += [(kind, match, start, new) for match in re.finditer(pattern, text[start:end], re.IGNORECASE)]
    if not places:
        return None
    # First the kind, so that common ones don't crowd out the others.
    kind = chance.choice(sorted({place[0] for place in places}))
    _, match, start, new = chance.choice([place for place in places if place[0] == kind])
    new = str(int(match.group(0)) + 1) if new == "MORE" else new
    return text[: start + match.start()] + new + text[start + match.end() :], kind


def writing(text: str, chance: random.Random) -> tuple[str, str]:
    """The text with a change of how it is written, and the change's kind."""
    kind = chance.choice(["case of keywords", "comment", "blanks"])
    pieces, at = [], 0
    for start, end in free(text):
        pieces.append(text[at:start])
        piece = text[start:end]
        if kind == "case of keywords":
            piece = KEYWORDS.sub(lambda match: match.group(0).upper(), piece)
        elif kind == "blanks":
            piece = re.sub(r"\n", "\n  ", piece)
        pieces.append(piece)
        at = end
    changed = "".join(pieces)
    if kind == "comment":
        changed = changed.rstrip("\n") + "\n-- " + str(chance.randrange(1000)) + "\n"
    return changed, kind


def verdicts(buhin: str, folder: Path) -> dict[str, dict]:
    done = subprocess.run([buhin, "diff", "HEAD", "--format", "json"], cwd=folder, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise SystemExit(done.stderr)
    entries = [json.loads(line) for line in done.stdout.splitlines()]
    return {entry["file"]: entry for entry in entries if entry["kind"] == "model"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("projects", type=Path, nargs="+")
    parser.add_argument("--buhin", default="target/release/buhin")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    buhin = str(Path(args.buhin).resolve())
    matrix: collections.Counter[tuple[str, str, str]] = collections.Counter()
    wrong = []
    for project in args.projects:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary) / "project"
            shutil.copytree(project, folder, symlinks=True, ignore=shutil.ignore_patterns("target", ".git", "logs", "node_modules"))
            (folder / ".gitignore").write_text("target/\nlogs/\ndbt_packages/\n")
            git = ["git", "-C", str(folder), "-c", "user.name=x", "-c", "user.email=x@localhost"]
            for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "x"]):
                subprocess.run(git + command, check=True)
            parts = sorted(path for path in (folder / "models").rglob("*.sql"))
            before = {path: path.read_text() for path in parts}
            for turn in range(args.rounds):
                chance = random.Random(f"{args.seed} {project.name} {turn}")
                made: dict[str, tuple[str, str, str]] = {}
                for path, text in before.items():
                    matters = chance.random() < 0.7
                    changed = meaning(text, chance) if matters else writing(text, chance)
                    if changed is None or changed[0] == text:
                        path.write_text(text)
                        continue
                    path.write_text(changed[0])
                    made[str(path.relative_to(folder))] = ("meaning" if matters else "writing", changed[1], changed[0])
                said = verdicts(buhin, folder)
                for path, (sort, kind, text) in made.items():
                    entry = said.get(path)
                    if entry is None and sort == "meaning":
                        continue  # Disabled, or no part of the compiled project.
                    verdict = entry["sql"] if entry else "unchanged"
                    matrix[sort, kind, verdict] += 1
                    if sort == "meaning" and verdict in ("unchanged", "cosmetic", "equivalent"):
                        wrong.append((project.name, path, turn, kind, verdict))
            for path, text in before.items():
                path.write_text(text)
    columns = ["unchanged", "cosmetic", "equivalent", "added columns", "changed columns", "changed rows", "opaque"]
    print("| change | " + " | ".join(columns) + " |\n|---|" + "---|" * len(columns))
    for sort, kind in sorted({key[:2] for key in matrix}):
        print(f"| {sort}: {kind} | " + " | ".join(str(matrix[sort, kind, column]) for column in columns) + " |")
    for case in wrong:
        print("called the same:", *case)
    if args.json:
        args.json.write_text(json.dumps({"matrix": {" | ".join(key): count for key, count in matrix.items()}, "same": wrong}, indent=1))
    raise SystemExit(1 if wrong else 0)


if __name__ == "__main__":
    main()
