"""What processes use, from /proc, and stopping them when it is too much."""

from __future__ import annotations

import os
import pathlib
import time
from collections.abc import Callable

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def family(root: int) -> list[int]:
    """A process and all it has started, itself first."""
    found, at = [root], 0
    while at < len(found):
        # Processes and threads end while they are looked at.
        try:
            tasks = os.listdir(f"/proc/{found[at]}/task")
        except OSError:
            tasks = []
        for task in tasks:
            try:
                children = pathlib.Path(f"/proc/{found[at]}/task/{task}/children").read_text()
            except OSError:
                continue
            found += [int(child) for child in children.split()]
        at += 1
    return found


def used(root: int) -> tuple[float, float]:
    """CPU seconds of a process and its children, ended ones included, and MB of memory of the largest."""
    seconds, largest = 0.0, 0.0
    for pid in family(root):
        try:
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        seconds += sum(int(it) for it in fields[11:15]) / TICK
        largest = max(largest, int(fields[21]) * PAGE / 1e6)
    return seconds, largest


class Limits:
    """How much one script may use."""

    def __init__(self, cpu: float, memory: float, wall: float) -> None:
        self.cpu, self.memory, self.wall = cpu, memory, wall

    def watch(self, root: int, done: Callable[[], bool]) -> tuple[str | None, float]:
        """Waits until `done`; says which limit was reached, if one was, and the CPU seconds used."""
        begin, start = used(root)[0], time.monotonic()
        cpu, wait = 0.0, 0.01
        while not done():
            seconds, memory = used(root)
            cpu = max(cpu, seconds - begin)
            if cpu > self.cpu:
                return f"more than {self.cpu:g} CPU seconds", cpu
            if memory > self.memory:
                return f"more than {self.memory / 1000:g} GB of memory", cpu
            if time.monotonic() - start > self.wall:
                return f"more than {self.wall:g} seconds", cpu
            # Looking costs too, where there are many threads.
            time.sleep(wait)
            wait = min(wait * 1.3, 0.3)
        return None, max(cpu, used(root)[0] - begin)
