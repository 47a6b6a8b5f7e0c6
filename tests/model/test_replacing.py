import errno
import itertools
import os
import subprocess
import sys
from pathlib import Path

import pytest

from model import replacing
from model.replacing import FINISHED, STAGING, alone, found, put, tidy, version

ROOT = Path(__file__).parent.parent.parent
OLD = {"digits.keras": b"the weights from before", "report.json": b"the report from before"}
NEW = {"digits.keras": b"new weights", "report.json": b'{\n "accuracy": 1\n}\n'}


def written(folder, files):
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def folder(tmp_path):
    return written(tmp_path / "weights", OLD)


def content_of(folder):
    return {path.name: path.read_bytes() if path.is_file() else None for path in folder.iterdir()}


def as_read(folder):
    return {name: found(folder / name, Path.read_bytes) for name in OLD}


# Reading


def test_finished_files_are_read_until_they_are_in_their_places(folder):
    assert as_read(folder) == OLD
    written(folder / FINISHED, NEW)
    assert as_read(folder) == NEW
    os.replace(folder / FINISHED / "digits.keras", folder / "digits.keras")
    assert as_read(folder) == NEW
    os.replace(folder / FINISHED / "report.json", folder / "report.json")
    assert as_read(folder) == NEW


def test_reading_writes_nothing(folder):
    before = content_of(written(folder / FINISHED, NEW).parent)
    as_read(folder)
    version(folder / "digits.keras")
    assert content_of(folder) == before


def test_what_is_nowhere_is_not_found(folder):
    with pytest.raises(FileNotFoundError):
        found(folder / "other.keras", Path.read_bytes)
    assert version(folder / "other.keras") is None


def test_a_version_is_another_once_new_files_are_finished_and_the_same_in_their_places(folder):
    before = version(folder / "report.json")
    written(folder / FINISHED, NEW)
    finished = version(folder / "report.json")
    assert finished != before
    tidy(folder)
    assert content_of(folder) == NEW
    assert version(folder / "report.json") == finished


# Writing


def test_files_are_replaced_together_and_nothing_else_stays(folder):
    with alone(folder) as staging:
        written(staging, NEW)
        assert as_read(folder) == OLD
        put(staging)
        assert content_of(folder) == NEW
    assert content_of(folder) == NEW


def test_what_is_not_put_is_gone(folder):
    with pytest.raises(KeyboardInterrupt), alone(folder) as staging:
        written(staging, NEW)
        raise KeyboardInterrupt
    assert content_of(folder) == OLD


@pytest.mark.parametrize("failing", ["digits.keras", "report.json"])
def test_what_cannot_be_put_in_its_place_is_read_and_put_there_later(monkeypatch, folder, failing):
    replace = os.replace

    def fail(source, target):
        if Path(target).name == failing:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        replace(source, target)

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(PermissionError), alone(folder) as staging:
        put(written(staging, NEW))
    assert as_read(folder) == NEW
    monkeypatch.undo()
    tidy(folder)
    assert content_of(folder) == NEW


# Kills

# Saves as train.py does, once for each thing it does to files, and is killed before that one.
KILLED_AT_EACH_STEP = """
import os, signal, sys
from pathlib import Path
import train

class Network:
    def save(self, path):
        Path(path).write_bytes(b"new weights")

def killed_at(step):
    steps = iter(range(step))
    def hook(event, arguments):
        if (event == "open" or event.startswith(("os.", "shutil."))) and event != "os.kill":
            if next(steps, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(hook)

for folder in sorted(Path(sys.argv[1]).iterdir()):
    if not (pid := os.fork()):
        weights = folder / "digits.keras"
        network = Network() if sys.argv[2] == "both" else None
        scored = train.replacing.version(weights)
        killed_at(int(folder.name))
        train.save(network, {"accuracy": 1}, weights, scored)
        os._exit(0)
    if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != -signal.SIGKILL:
        print(int(folder.name))
        break
"""
MORE_STEPS = 100  # than there are


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.parametrize("what", ["both", "report"])
def test_whichever_step_a_kill_comes_before_all_files_are_old_or_all_are_new(tmp_path, what):
    folders = [written(tmp_path / f"{step:03}", OLD) for step in range(MORE_STEPS)]
    arguments = [sys.executable, "-c", KILLED_AT_EACH_STEP, str(tmp_path), what]
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True)
    steps = int(done.stdout)
    new = NEW if what == "both" else OLD | {"report.json": NEW["report.json"]}
    states, halves = [], 0
    for folder in folders[: steps + 1]:
        seen = as_read(folder)
        assert seen in (OLD, new)
        states.append(seen == new)
        halves += {name: (folder / name).read_bytes() for name in OLD} not in (OLD, new)
        tidy(folder)
        assert content_of(folder) == seen
    assert [is_new for is_new, _ in itertools.groupby(states)] == [False, True]  # there is one moment
    assert halves == (1 if what == "both" else 0)  # of which one kill came between the two files


def test_a_killed_process_keeps_nobody_out_and_leaves_nothing(folder):
    program = (
        "import os, signal, sys; from pathlib import Path; from model.replacing import alone\n"
        "with alone(Path(sys.argv[1])) as staging:\n"
        "    (staging / 'digits.keras').write_bytes(b'half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(folder)], cwd=ROOT)
    assert (folder / STAGING / "digits.keras").exists()
    tidy(folder)
    assert content_of(folder) == OLD


# Others


needs_locks = pytest.mark.skipif(replacing.fcntl is None, reason="no locks here")


@needs_locks
def test_what_another_one_writes_is_not_touched(monkeypatch, folder):
    flock = replacing.fcntl.flock
    with alone(folder) as staging:
        written(staging, NEW)
        # Who would wait gives up instead.
        monkeypatch.setattr(
            replacing.fcntl, "flock", lambda descriptor, how: flock(descriptor, how | replacing.fcntl.LOCK_NB)
        )
        with pytest.raises(BlockingIOError):
            tidy(folder)
        assert content_of(staging) == NEW
    tidy(folder)


@needs_locks
def test_where_folders_cannot_be_locked_files_are_replaced_all_the_same(monkeypatch, folder):
    def refuse(descriptor, how):
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))

    monkeypatch.setattr(replacing.fcntl, "flock", refuse)
    with alone(folder) as staging:
        put(written(staging, NEW))
    assert content_of(folder) == NEW


def test_leftovers_of_earlier_versions_go_and_what_is_not_ours_stays(folder):
    for name, files in {
        ".train-ab12_3cd": {"weights.keras": b"half"},
        ".train-ef45_6gh": {"report.json": b"", "weights.keras": b"", "before.keras": b""},
        ".train-digits": {"state.json": b"{}", "variables.npz": b""},  # what an earlier version would resume
        ".train-data": {"weights.keras": b"", "pictures.npz": b""},
    }.items():
        written(folder / name, files)
    for half in ("new", "old"):
        (folder / ".train-ij78_9kl").mkdir(exist_ok=True)
        written(folder / ".train-ij78_9kl" / half, {"state.json": b"{}", "variables.npz": b""})
    (folder / ".train-digits.npz").write_bytes(b"what --resume needs")
    tidy(folder)
    assert set(content_of(folder)) == {*OLD, ".train-digits", ".train-data", ".train-digits.npz"}
