"""What `buhin diff` costs against one `buhin compile` of the same project, in CPU seconds, memory and time.

Use: python3 benches/diff.py PROJECT --buhin BUHIN [--runs 5]

PROJECT is a dbt project, such as one that `benches/gen_project.py 1000 FOLDER` makes; it is copied into a temporary folder
and put under git. One part is changed (a condition is added at its end), and both commands run in turn. Prints medians and
the ratio.
"""

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile
import time


def once(command, folder):
    """CPU seconds, wall seconds and peak memory in MiB of a command."""
    before = time.monotonic()
    child = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - before
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        raise SystemExit(f"{' '.join(command)} failed")
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=pathlib.Path)
    parser.add_argument("--buhin", required=True, type=pathlib.Path)
    parser.add_argument("--runs", type=int, default=5)
    args = parser.parse_args()
    buhin = str(args.buhin.resolve())
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary) / "project"
        shutil.copytree(args.project, folder, ignore=shutil.ignore_patterns("target", ".git", "logs"))
        git = ["git", "-C", str(folder), "-c", "user.name=bench", "-c", "user.email=bench@localhost"]
        (folder / ".gitignore").write_text("target/\nlogs/\n")
        for command in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "base"]):
            subprocess.run(git + command, check=True)
        models = sorted((folder / "models").rglob("*.sql"))
        part = models[len(models) // 2]
        part.write_text("select * from (\n" + part.read_text().rstrip().rstrip(";") + "\n) as changed where 1 < 2\n")
        # One of each beforehand, so that both find the same files in memory.
        compile_ = [buhin, "compile", "--no-deploy", "--quiet"]
        diff = [buhin, "diff", "--quiet"]
        for command in (compile_, diff):
            once(command, folder)
        figures = {"compile": [], "diff": []}
        for _ in range(args.runs):
            shutil.rmtree(folder / "target", ignore_errors=True)
            figures["compile"].append(once(compile_, folder))
            figures["diff"].append(once(diff, folder))
        print(f"{len(models)} parts, one changed, medians of {args.runs}")
        medians = {}
        for name, all_ in figures.items():
            cpu, wall, memory = (statistics.median(column) for column in zip(*all_))
            medians[name] = cpu
            print(f"{name:8} {cpu:7.2f} CPU s {wall:7.2f} s {memory:7.0f} MiB")
        print(f"diff costs {medians['diff'] / medians['compile']:.2f} times one compile")


if __name__ == "__main__":
    main()
