"""Reads real pictures of handwritten digits and prints how many digits of each kind are read right.

python tests/pictures.py FOLDER      a folder with pictures.csv (file, kind, expect, text; lines joined by |) and the pictures
"""

import argparse
import csv
import os
import sys
from collections import Counter
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
sys.path.insert(0, str(Path(__file__).parents[1]))

from tqdm import tqdm

from model import Recognizer
from model.data.composites import right
from model.ink.files import PictureError, decode_picture
from model.scores.evaluation import differences


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--misread", action="store_true", help="name what was not read as it stands there")
    options = parser.parse_args()
    with (options.folder / "pictures.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    recognizer = Recognizer.load()
    kinds: dict[str, Counter] = {}
    for row in tqdm(rows, "Reading", disable=None):
        truth = row["text"].replace("|", "\n")
        try:
            image = decode_picture((options.folder / row["file"]).read_bytes())
            text = recognizer.read(image, row["expect"] or None).text
        except PictureError as error:
            print(f"{row['file']}: {error}", file=sys.stderr)
            text = ""
        kind = "amount" if row["expect"] == "amount" else row["kind"]
        (is_whole,) = right("amount" if kind == "amount" else "clear", text, truth)
        counts = kinds.setdefault(kind, Counter())
        counts.update(differences(truth, text) | {"pictures": 1, "whole": is_whole})
        if options.misread and not is_whole:
            print(f"{row['file']}: {truth!r} was read as {text!r}")
    print(f"{'':8}{'pictures':>10}{'whole':>8}{'digits':>8}{'right':>9}{'left out':>10}{'invented':>10}")
    for kind, counts in sorted(kinds.items()):
        wrong = counts["misread"] + counts["unread"] + counts["left_out"]
        share = 1 - wrong / max(1, counts["digits"])
        numbers = f"{counts['pictures']:10}{counts['whole']:8}{counts['digits']:8}{share:9.1%}"
        print(f"{kind:8}{numbers}{counts['left_out']:10}{counts['invented']:10}")


if __name__ == "__main__":
    main()
