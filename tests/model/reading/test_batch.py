"""Many files at once: a row for each, bad ones named, gone on with where it was stopped."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model.__main__ import main
from model.data.composites import form, from_strokes, row
from model.data.examples import EXAMPLES
from model.ink.strokes import parse
from model.reading import batch
from model.reading.batch import COLUMNS, Table, TableError, files_of

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """A folder with two numbers, one of them in a folder below, a form, a file that is none, and notes."""
    folder = tmp_path_factory.mktemp("pictures")
    own = from_strokes([(int(label), parse(texts[0])) for label, texts in EXAMPLES.items()])
    rng = np.random.default_rng(1)
    (folder / "below").mkdir()
    Image.fromarray(255 - row("274", own, 80, rng)).save(folder / "a.png")
    Image.fromarray(255 - row("905", own, 80, rng)).save(folder / "below" / "b.JPG", "JPEG")
    Image.fromarray(255 - form("4 2", own, 80, rng)).save(folder / "form.png")
    (folder / "broken.png").write_bytes(b"no picture")
    (folder / "notes.txt").write_text("not asked for")
    return folder


def rows_of(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_folders_globs_and_names_are_found_once_each(pictures):
    everything = [pictures / name for name in ("a.png", "below/b.JPG", "broken.png", "form.png")]
    assert files_of([str(pictures)]) == everything
    assert files_of([str(pictures / "*.png"), str(pictures / "a.png")]) == [everything[index] for index in (0, 2, 3)]
    assert files_of([str(pictures / "**/*.JPG")]) == [everything[1]]
    assert files_of([str(pictures / "none.png")]) == [pictures / "none.png"]
    assert files_of([str(pictures / "*.gif")]) == []


def test_each_file_gets_its_row_and_bad_ones_their_reason(pictures, tmp_path, capsys):
    out = tmp_path / "out.csv"
    missing = str(pictures / "missing.png")
    assert main([str(pictures), missing, "--csv", str(out), "--processes", "2"]) == 1
    rows = {Path(row["file"]).name: row for row in rows_of(out)}
    assert list(rows) == ["a.png", "b.JPG", "broken.png", "form.png", "missing.png"]
    assert tuple(rows["a.png"]) == COLUMNS
    assert [rows[name]["reading"] for name in ("a.png", "b.JPG", "form.png")] == ["274", "905", "42"]
    assert rows["a.png"]["digits"] == "3"
    assert 0 < float(rows["a.png"]["lowest confidence"]) <= 1
    assert "no picture" in rows["broken.png"]["problem"]
    assert "No such file" in rows["missing.png"]["problem"]
    error = capsys.readouterr().err
    assert "2 of 5 files could not be read" in error
    assert "5/5" in error


def test_a_document_has_one_row_with_all_its_pages(pictures, tmp_path, capsys):
    pages = [Image.open(pictures / name).convert("L") for name in ("a.png", "below/b.JPG")]
    pages[0].save(tmp_path / "two.pdf", save_all=True, append_images=pages[1:])
    out = tmp_path / "out.jsonl"
    assert main([str(tmp_path), "--jsonl", str(out), "--processes", "1"]) == 0
    (read,) = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert (read["text"], read["problem"]) == ("274\n905", None)
    assert [{character["page"] for character in line} for line in read["lines"]] == [{1}, {2}]


def test_json_lines_hold_every_character(pictures, tmp_path, capsys):
    out = tmp_path / "out.jsonl"
    assert main([str(pictures / "form.png"), "--expect", "form", "--jsonl", str(out), "--processes", "1"]) == 0
    (read,) = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert (read["text"], read["expected"], read["problem"], read["left_out"]) == ("4 2", "form", None, 0)
    ((four, empty, two),) = read["lines"]
    assert [one["kind"] for one in (four, empty, two)] == ["digit", "empty", "digit"]
    assert four["label"] == "4" and four["box"][2] < two["box"][0]


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_what_is_in_the_table_is_not_read_again_and_what_was_half_written_is(pictures, tmp_path, suffix, capsys, monkeypatch):
    out = tmp_path / f"out.{suffix}"
    arguments = [str(pictures / "a.png"), str(pictures / "below"), f"--{suffix}", str(out), "--processes", "1"]
    assert main(arguments) == 0
    whole = out.read_bytes()
    assert main(arguments) == 0
    assert out.read_bytes() == whole
    assert "2 of 2 files are in" in capsys.readouterr().err
    out.write_bytes(whole[:-5])  # killed as it wrote the last row
    asked = []
    monkeypatch.setattr(batch, "read_file", lambda name, expect: asked.append(name) or batch._row(name, expect, None))
    monkeypatch.setattr(batch.pebble, "ProcessPool", OneAfterTheOther)
    assert main(arguments) == 0
    assert [Path(name).name for name in asked] == ["b.JPG"]
    assert len(out.read_bytes().splitlines()) == len(whole.splitlines())


class OneAfterTheOther:
    """Stands in for the processes."""

    def __init__(self, processes, context):
        pass

    def schedule(self, task, arguments, timeout):
        class Done:
            @staticmethod
            def result():
                return task(*arguments)

        return Done()

    def close(self):
        pass

    stop = join = close


@pytest.mark.parametrize(
    ("failure", "said"), [(MemoryError(), "too much memory"), (TimeoutError(), "too long"), (RuntimeError("x"), "RuntimeError")]
)
def test_a_picture_that_brings_its_process_down_costs_one_row(tmp_path, monkeypatch, failure, said, capsys):
    def read(name, expect):
        if name == "b.png":
            raise failure
        return batch._row(name, expect, None) | {"text": "1"}

    monkeypatch.setattr(batch, "read_file", read)
    monkeypatch.setattr(batch.pebble, "ProcessPool", OneAfterTheOther)
    out = tmp_path / "out.csv"
    assert main(["a.png", "b.png", "c.png", "--csv", str(out)]) == 1
    rows = rows_of(out)
    assert [row["reading"] for row in rows] == ["1", "", "1"]
    assert said in rows[1]["problem"]


def test_without_networks_it_says_so_and_writes_no_rows(tmp_path, monkeypatch, capsys):
    class WeightsError(Exception):
        pass

    def read(name, expect):
        raise WeightsError("There are no weights at numbers.keras.")

    monkeypatch.setattr(batch, "read_file", read)
    monkeypatch.setattr(batch.pebble, "ProcessPool", OneAfterTheOther)
    assert main(["a.png", "--csv", str(tmp_path / "out.csv")]) == 1
    assert "no weights at numbers.keras" in capsys.readouterr().err
    assert rows_of(tmp_path / "out.csv") == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["a.png"],
        ["a.png", "--csv", "x.csv", "--jsonl", "x.jsonl"],
        ["a.png", "--csv", "x.jsonl"],
        ["a.png", "--csv", "no/such/folder/x.csv"],
        ["a.png", "--csv", "x.csv", "--expect", "date"],
        ["a.png", "--csv", "x.csv", "--processes", "0"],
        ["nothing/*.png", "--csv", "x.csv"],
    ],
)
def test_wrong_use_ends_with_2_and_writes_nothing(arguments, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    assert list(tmp_path.iterdir()) == []


def test_a_table_of_another_kind_is_not_written_over(tmp_path):
    for name, content in (("a.csv", "x,y\n1,2\n"), ("b.jsonl", "[1]\n"), ("c.csv", "\xff\n")):
        file = tmp_path / name
        file.write_bytes(content.encode("latin-1"))
        with pytest.raises(TableError, match="something else"):
            Table(file, None)
        assert file.read_bytes() == content.encode("latin-1")
    table = Table(tmp_path / "d.csv", "form")
    table.add(batch._row("a.png", "form", None))
    table.close()
    with pytest.raises(TableError, match="another --expect"):
        Table(tmp_path / "d.csv", "amount")


def test_names_that_a_spreadsheet_would_take_for_formulas_are_none_and_are_known_again(tmp_path):
    table = Table(tmp_path / "out.csv", None)
    table.add(batch._row("=1+1.png", None, None))
    table.close()
    assert "'=1+1.png" in (tmp_path / "out.csv").read_text("utf-8-sig")
    again = Table(tmp_path / "out.csv", None)
    assert again.done == {"=1+1.png"}
    again.close()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT to send to another process")
def test_stopped_and_started_again_it_goes_on(pictures, tmp_path):
    out = tmp_path / "out.jsonl"
    copies = tmp_path / "copies"
    copies.mkdir()
    for number in range(40):
        (copies / f"{number:02}.png").write_bytes((pictures / "a.png").read_bytes())
    command = [sys.executable, "-m", "model", str(copies), "--jsonl", str(out), "--processes", "1"]
    first = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, start_new_session=True)
    deadline = time.monotonic() + 120
    while not (out.exists() and out.read_bytes().count(b"\n") >= 2):
        assert first.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    first.send_signal(signal.SIGINT)
    _, error = first.communicate(timeout=60)
    before = out.read_bytes().count(b"\n")
    assert first.returncode == 130 or before == 40
    assert b"goes on from there" in error or before == 40
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=300)
    assert done.returncode == 0
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [Path(row["file"]).name for row in rows] == [f"{number:02}.png" for number in range(40)]
    assert {row["text"] for row in rows} == {"274"}


# ── On a cluster ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def cluster(tmp_path):
    """A scheduler and two worker processes on the loopback: its address, and the workers."""
    notes = tmp_path / "scheduler.json"
    dask = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    quiet = {"cwd": ROOT, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(notes)]
    processes = [subprocess.Popen([*dask, *options], **quiet)]
    try:
        deadline = time.monotonic() + 60
        while not notes.exists() or not notes.read_text().strip().endswith("}"):
            assert processes[0].poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
        worker = [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", str(notes), "--nthreads", "1"]
        for _ in range(2):
            processes.append(subprocess.Popen([*worker, "--no-nanny", "--no-dashboard"], **quiet))
        address = json.loads(notes.read_text())["address"]
        from distributed import Client

        with Client(address, timeout="30s") as client:
            client.wait_for_workers(2, timeout=60)
        yield address, processes[1:]
    finally:
        for process in processes:
            process.kill()
            process.wait()


def test_a_cluster_reads_all_and_nothing_twice_though_a_worker_dies(pictures, tmp_path, cluster, capsys, monkeypatch):
    address, workers = cluster
    copies = tmp_path / "copies"
    copies.mkdir()
    for number in range(30):
        (copies / f"{number:02}.png").write_bytes((pictures / "a.png").read_bytes())
    (copies / "30.png").write_bytes(b"no picture")
    add = Table.add

    def kill_after_some(table, row):
        add(table, row)
        if len(table.done) == 4:
            workers[0].kill()

    monkeypatch.setattr(Table, "add", kill_after_some)
    out = tmp_path / "out.jsonl"
    assert main([str(copies), "--jsonl", str(out), "--scheduler", address]) == 1
    assert workers[0].poll() is not None and workers[1].poll() is None
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [Path(row["file"]).name for row in rows] == [f"{number:02}.png" for number in range(31)]
    assert [row["text"] for row in rows] == ["274"] * 30 + [""]
    assert "no picture" in rows[-1]["problem"]


def test_where_there_is_no_scheduler_one_sentence_says_so(pictures, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(batch, "CONNECTED", "1s")
    out = tmp_path / "out.csv"
    assert main([str(pictures / "a.png"), "--csv", str(out), "--scheduler", "tcp://127.0.0.1:9"]) == 1
    assert "no scheduler at tcp://127.0.0.1:9" in capsys.readouterr().err
