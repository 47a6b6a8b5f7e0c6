"""What a server and the processes that it has started take, for the scripts that print figures."""

import re
from pathlib import Path

import psutil


def family(pid: int) -> list[psutil.Process]:
    """A process and all that descend from it."""
    first = psutil.Process(pid)
    return [first, *first.children(recursive=True)]


def memory(pid: int) -> float:
    """Memory in MB of a process and its descendants: what they share among themselves counts once, where the system says
    what that is, and what other programs share with them counts whole, so that it is the same whoever else runs."""
    if not Path("/proc/self/smaps_rollup").exists():
        return sum(one.memory_full_info().uss for one in family(pid)) / 2**20
    own = sum(_kilobytes(one, "smaps_rollup", "Pss_Anon") for one in family(pid))
    libraries = max(_kilobytes(one, "status", "RssFile") for one in family(pid))
    return (own + libraries) / 1024


def _kilobytes(process: psutil.Process, table: str, name: str) -> int:
    return int(re.search(rf"^{name}:\s+(\d+) kB", Path(f"/proc/{process.pid}/{table}").read_text(), re.M)[1])


def cpu(pid: int) -> float:
    """Seconds that a process and its descendants have computed, in user and system mode together."""
    return sum(one.cpu_times().user + one.cpu_times().system for one in family(pid))
