"""Files that are replaced together, as one step: whichever moment a kill comes, all are old or all are new.

Two files cannot be renamed at once, a folder can. New files are written whole into a folder beside the old ones; its
renaming to `FINISHED` is the step. From then on whoever reads through `found` gets the new files, wherever they lie: in
that folder, or already in their places. What a kill left half done, the next `alone` beside it finishes.

Readers write nothing, so a folder that they may only read will do.
"""

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

try:
    import fcntl
except ImportError:  # Windows has none: there two trainings must not write into one folder at the same moment
    fcntl = None

STAGING = ".train.py-staging"  # being written
FINISHED = ".train.py-finished"  # written, not all in their places yet
# What killed processes left in folders named ".train-" and eight letters, before `STAGING` was there.
LEFT_BEFORE = {"weights.keras", "report.json", "before.keras"} | {
    str(Path(half, name)) for half in ("new", "old") for name in (".", "state.json", "variables.npz")
}
NO_LOCKS = {errno.EBADF, errno.EINVAL, errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP}  # as some network folders say it

Result = TypeVar("Result")


def found(path: Path, use: Callable[[Path], Result]) -> Result:
    """What `use` makes of the newest file at `path`.

    Args:
        use: raises FileNotFoundError if there is no file where it is told to look; it is then told the other place.

    Raises:
        FileNotFoundError: there is none.
    """
    try:
        return use(path.parent / FINISHED / path.name)
    except FileNotFoundError:  # it has its place already, or had it all the time
        return use(path)


def version(path: Path) -> tuple[int, int] | None:
    """What changes when a file is replaced, to cache by; None if there is no such file.

    It does not change when a finished file is put in its place."""
    try:
        status = found(path, Path.stat)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


@contextmanager
def alone(folder: Path) -> Iterator[Path]:
    """An empty folder to write new files of `folder` into, while no other process does.

    What a killed one left is put in its place or removed first. Whoever comes meanwhile waits. What is not `put` is gone
    at the end.

    Raises:
        OSError: `folder` cannot be written to, or a file there not be replaced.
    """
    with _locked(folder):
        _put_in_place(folder)
        staging = folder / STAGING
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir()
        try:
            yield staging
        finally:
            shutil.rmtree(staging, ignore_errors=True)


def tidy(folder: Path) -> None:
    """Puts in place, or removes, what killed processes left in `folder`; those that still run are not touched.

    Raises:
        OSError: `folder` cannot be written to, or a file there not be replaced.
    """
    with alone(folder):
        for left in folder.glob(".train-*"):
            inside = {str(path.relative_to(left)) for path in left.rglob("*")}
            if left.is_dir() and inside <= LEFT_BEFORE:
                shutil.rmtree(left, ignore_errors=True)


def put(staging: Path) -> None:
    """Replaces, as one step, the files of the same names by those in `staging`, which `alone` gave.

    Raises:
        OSError: they could not be replaced. If `FINISHED` is there, the new ones are read from it.
    """
    staging.rename(staging.with_name(FINISHED))
    _put_in_place(staging.parent)


def _put_in_place(folder: Path) -> None:
    finished = folder / FINISHED
    try:
        names = sorted(os.listdir(finished))
    except FileNotFoundError:
        return
    for name in names:
        os.replace(finished / name, folder / name)
    finished.rmdir()


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Waits until no other process is in here for this folder. A killed one is not: its lock goes with it."""
    if fcntl is None:
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError as error:
            if error.errno not in NO_LOCKS:
                raise
        yield
    finally:
        os.close(descriptor)
