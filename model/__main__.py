"""Reads the numbers on many pictures, and writes a table with a row for each.

python -m model scans/ --expect form --csv forms.csv
python -m model "photos/**/*.jpg" --jsonl readings.jsonl

What the table has already is not read again: a run that was stopped goes on where it was.
"""

import argparse
import os
import sys
from importlib.util import find_spec
from pathlib import Path

from tqdm import tqdm

from model.reading.batch import ClusterError, NoNetworkError, Table, TableError, files_of, read_files, read_on_cluster
from model.reading.numbers import expected_count


def main(arguments=None) -> int:
    """The command line; returns the exit status: 0, 1 if some files could not be read, 2 for wrong use, 130 when
    interrupted."""
    parser = argparse.ArgumentParser(
        prog="python -m model", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="pictures, folders of them, or globs")
    parser.add_argument("--expect", type=expectation, help='"postcode:5" (or another count), "amount" or "form"')
    parser.add_argument("--csv", type=Path, metavar="OUT", help="the table, a row for each file")
    parser.add_argument("--jsonl", type=Path, metavar="OUT", help="the same with every character, a JSON object a line")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="how many read at once (all cores)")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask cluster that reads instead: tcp://host:8786")
    options = parser.parse_args(arguments)
    if (options.csv is None) == (options.jsonl is None):
        parser.error("one of --csv and --jsonl says where the table goes")
    out = options.csv or options.jsonl
    if (out.suffix.lower() == ".jsonl") != (options.jsonl is not None):
        parser.error("a file for --jsonl ends in .jsonl, and one for --csv does not")
    if options.processes < 1:
        parser.error("--processes must be at least 1")
    if options.scheduler is not None and find_spec("distributed") is None:
        parser.error("--scheduler needs Dask: pip install -r model/requirements-cluster.txt")
    files = files_of(options.files)
    if not files:
        parser.error("there are no pictures there")
    try:
        table = Table(out, options.expect)
    except TableError as error:
        parser.error(str(error))
    except OSError as error:
        parser.error(f"{out}: {error.strerror or error}")
    return work(files, table, options.processes, options.scheduler)


def expectation(text: str) -> str | None:
    """As `Recognizer.read` takes it; "any" is none."""
    expect = None if text == "any" else text
    try:
        expected_count(expect)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return expect


def work(files: list[Path], table: Table, processes: int, scheduler: str | None = None) -> int:
    """Reads what the table has not, and says what came of it."""
    new = [file for file in files if str(file) not in table.done]
    if len(new) < len(files):
        print(f"{len(files) - len(new)} of {len(files)} files are in {table.path} already.", file=sys.stderr)
    status = 0
    try:
        if scheduler is None:
            rows = read_files(new, table.expect, min(processes, max(1, len(new))))
        else:
            rows = read_on_cluster(new, table.expect, scheduler)
        for row in tqdm(rows, total=len(new), unit="file"):
            table.add(row)
    except KeyboardInterrupt:
        print(f"Stopped. {table.path} has what was read; the same command goes on from there.", file=sys.stderr)
        return 130
    except ClusterError as error:
        print(f"{error} {table.path} has what was read; the same command goes on from there.", file=sys.stderr)
        return 1
    except NoNetworkError as error:
        print(f"{error} The README says how the networks are trained.", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{table.path}: {error.strerror or error}; the same command goes on from there.", file=sys.stderr)
        return 1
    finally:
        table.close()
    if table.failed:
        status = 1
        print(f"{table.failed} of {len(table.done)} files could not be read; the table says why.", file=sys.stderr)
    print(f"Written: {table.path}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
