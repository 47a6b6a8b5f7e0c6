"""What a server and the processes that it has started take, for the scripts that print figures."""

import psutil


def family(pid: int) -> list[psutil.Process]:
    """A process and all that descend from it."""
    first = psutil.Process(pid)
    return [first, *first.children(recursive=True)]


def memory(pid: int) -> float:
    """Memory in MB of a process and its descendants; what they share counts once where the system says what that is."""
    held = [one.memory_full_info() for one in family(pid)]
    return sum(getattr(one, "pss", one.uss) for one in held) / 2**20


def cpu(pid: int) -> float:
    """Seconds that a process and its descendants have computed, in user and system mode together."""
    return sum(one.cpu_times().user + one.cpu_times().system for one in family(pid))
