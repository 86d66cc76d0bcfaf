#!/usr/bin/env python3
"""Records what Python's jinja2 gives for the cases in src/jinja/cases, so that `cargo test` needs no Python.

    pip install jinja2 && python3 scripts/jinja_differential.py            # records every *.out
    python3 scripts/jinja_differential.py --check                          # says which would change

Each *.jinja file holds cases: a line `--- title`, then the template up to the newline before the next
such line. A case whose title begins with `error` has to fail in both.
"""
import json
import pathlib
import sys

from jinja2 import Environment

FOLDER = pathlib.Path(__file__).parent.parent / "src" / "jinja" / "cases"


def cases(text):
    title, body = None, []
    for line in text.split("\n"):
        if line.startswith("--- "):
            if title is not None:
                yield title, "\n".join(body)
            title, body = line[4:], []
        else:
            body.append(line)
    if title is not None:
        yield title, "\n".join(body).removesuffix("\n")


def main():
    environment = Environment(extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"])
    changed = False
    for path in sorted(FOLDER.glob("*.jinja")):
        recorded = []
        for title, template in cases(path.read_text()):
            context = json.loads((FOLDER / "context.json").read_text())
            try:
                result = environment.from_string(template).render(context)
                assert not title.startswith("error"), f"{path.name}: {title} gives {result!r}"
            except AssertionError:
                raise
            except Exception as error:  # every failure is one here
                assert title.startswith("error"), f"{path.name}: {title}: {error!r}"
                result = type(error).__name__
            recorded.append(f"--- {title}\n{result}\n")
        out = path.with_suffix(".out")
        text = "".join(recorded)
        if not out.exists() or out.read_text() != text:
            changed = True
            print(f"{out.name} changes")
            if "--check" not in sys.argv:
                out.write_text(text)
    sys.exit(1 if changed and "--check" in sys.argv else 0)


main()
