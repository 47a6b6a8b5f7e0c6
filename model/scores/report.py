"""The report of what the weights score: read from its file, checked where it enters."""

import json
from pathlib import Path

from model.data.composites import KINDS
from model.data.disturbances import DISTURBANCES, LEVELS
from model.paths import REPORT
from model.problems import Problem
from model.replacing import found
from model.scores.evaluation import wilson_interval

ROUNDING = 1e-9  # by which a computed share may lie outside 0 to 1


class ReportError(Problem):
    """There is no report that can be used; the message says why in one sentence."""


def read_report(path: str | Path = REPORT) -> dict:
    """The report at `path`, with only the entries that this version knows, each of the right kind and range.

    Only `network`, `weights` and `sets` with `mnist` are always there: what an older version or another command left
    out is left out. The accuracy of each bin of a reliability diagram gets its 95 % interval; a writer of whom only the
    accuracy is known, as in older reports, has nothing else.

    Raises:
        ReportError: no file, or it is damaged.
    """
    path = Path(path)
    try:
        report = _checked(json.loads(found(path, lambda file: file.read_text(encoding="utf-8"))), _REPORT, "report")
        _check_agreement(report)
    except FileNotFoundError:
        raise ReportError("There is no {name}.", name=path.name) from None
    except OSError as error:
        raise ReportError("The file {name} cannot be read ({reason}).", name=path.name, reason=error.strerror) from error
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ReportError("The file {name} is damaged: it is no JSON.", name=path.name) from error
    except ValueError as error:
        raise ReportError("The file {name} is damaged: {reason}.", name=path.name, reason=str(error)) from error
    for scores in report["sets"].values():
        for row in scores.get("reliability", []):
            row["interval"] = list(wilson_interval(round(row["accuracy"] * row["images"]), row["images"]))
    return report


def lacking(report: dict) -> list[str]:
    """What an evaluation of today would have measured and this report lacks: of "reliability", "disturbances",
    "numbers", "no_digit", "teaching"."""
    absent = []
    if any("reliability" not in scores for scores in report["sets"].values()):
        absent.append("reliability")
    if "disturbances" not in report:
        absent.append("disturbances")
    if "pen_digits" in report["sets"]:
        absent += [name for name in ("numbers", "no_digit", "teaching") if name not in report]
    return absent


# ── What a report may hold ────────────────────────────────────────────────────────────────────────────────────────────
#
# A function checks one value and gives it back; a dictionary holds such forms under their keys, those that end in "?"
# are optional; a tuple stands for a list of so many entries; a list for one of any number of entries of its one form.


def _checked(value, form, where: str):
    if callable(form):
        return form(value, where)
    if isinstance(form, dict):
        if not isinstance(value, dict):
            raise ValueError(f"{where} is no table")
        if missing := [key for key in form if not key.endswith("?") and key not in value]:
            raise ValueError(f"{where} has no {missing[0]}")
        known = {key.removesuffix("?"): entry for key, entry in form.items()}
        return {key: _checked(value[key], known[key], f"{where}, {key}") for key in known if key in value}
    if not isinstance(value, list) or not value:
        raise ValueError(f"{where} is no list")
    forms = form * len(value) if isinstance(form, list) else form
    if len(forms) != len(value):
        raise ValueError(f"{where} has {len(value)} entries, not {len(forms)}")
    return [_checked(entry, one, where) for entry, one in zip(value, forms, strict=True)]


def _number(value, where):
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < float("inf"):
        raise ValueError(f"{where} is no number")
    return value


def _share(value, where):
    if not -ROUNDING <= _number(value, where) <= 1 + ROUNDING:
        raise ValueError(f"{where} is not between 0 and 1")
    return min(1.0, max(0.0, value))


def _count(value, where):
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{where} is no number of things")
    return value


def _number_of_some(value, where):
    if not _count(value, where):
        raise ValueError(f"{where} is 0")
    return value


def _text(value, where):
    if not isinstance(value, str) or len(value) > 100:
        raise ValueError(f"{where} is no short text")
    return value


def _writers(value, where):
    if not isinstance(value, dict) or not value:
        raise ValueError(f"{where} is no table")
    return {
        _text(writer, where): (
            _checked(one, _SCORED, f"{where}, {writer}") if isinstance(one, dict) else {"accuracy": _share(one, where)}
        )
        for writer, one in value.items()
    }


def _alphabets(value, where):
    if not isinstance(value, dict) or not value:
        raise ValueError(f"{where} is no table")
    return {_text(name, where): _checked(one, _SCORED, f"{where}, {name}") for name, one in value.items()}


_SCORED = {"images": _number_of_some, "right": _count, "accuracy": _share, "interval": (_share, _share)}
_SET = _SCORED | {
    "calibration_error": _share,
    "confusion": ((_count,) * 10,) * 10,
    "per_digit": ({"digit": _text, "images": _count, "precision": _share, "recall": _share, "f1": _share},) * 10,
    "reliability?": [{"low": _share, "high": _share, "images": _number_of_some, "confidence": _share, "accuracy": _share}],
    "by_writer?": _writers,
}
_KIND = _SCORED | {"area_under_roc": _share}
_HAND = _SCORED | {
    "examples": _count,
    "worst_writer": _share,
    "most_lost": _share,
    "calibration_error": _share,
    "by_writer": _writers,
}
_REPORT = {
    "network": _text,
    "weights": _count,
    "sets": {"mnist": _SET, "pen_digits?": _SET, "pen_photographs?": _SET},
    "disturbances?": {
        f"{name}?": {"levels": (_SCORED | {"level": _number_of_some, "strength": _number},) * LEVELS} for name in DISTURBANCES
    },
    "no_digit?": {
        "images": _number_of_some,
        "area_under_roc": _share,
        "interval": (_share, _share),
        "digits": _SCORED,
        "kinds": {"scribbles?": _KIND, "several_digits?": _KIND, "symbols?": _KIND},
    },
    "numbers?": {
        f"{name}?": _SCORED
        | {
            "by_source": {"mnist?": _SCORED, "pen_digits?": _SCORED},
            "errors?": dict.fromkeys(("digits", "misread", "unread", "left_out", "invented"), _count),
            "misread?": [{"source": _text, "page": _count, "truth": _text, "read": _text}],
        }
        for name in KINDS
    },
    "teaching?": {
        "own_hand": [_HAND],
        "letters?": [_SCORED | {"examples": _number_of_some, "by_alphabet": _alphabets}],
        "beside_letters?": {
            "letters": _number_of_some,
            "examples": _number_of_some,
            "digits_before": _SCORED,
            "digits": _SCORED,
            "taught": _SCORED,
            "not_taught": _SCORED,
        },
    },
    "curves?": {
        "loss": [_number],
        "accuracy": [_share],
        "val_accuracy?": [_share],
        "seconds?": [_number],
    },
    "trained_on?": {
        "mnist": _count,
        "pen_digits?": _count,
        "pen_writers?": [_count],
        "own_drawings?": _count,
        "no_digit?": _count,
    },
    "seed?": _count,
    "seconds?": _number,
    "trained?": _text,
    "evaluated?": _text,
    "cores?": _count,
    "gpus?": _count,
    "versions?": {"python": _text, "tensorflow": _text, "keras": _text},
    "temperature?": _number,
}


def _check_agreement(report: dict) -> None:
    """Raises ValueError if figures that speak of the same thing contradict each other."""
    for name, scores in report["sets"].items():
        matrix = scores["confusion"]
        if (sum(map(sum, matrix)), sum(matrix[i][i] for i in range(10))) != (scores["images"], scores["right"]):
            raise ValueError(f"the confusion matrix of {name} contradicts its accuracy")
    teaching = report.get("teaching", {})
    if ("letters" in teaching) != ("beside_letters" in teaching):
        raise ValueError("its figures of letters are not all there")
    if len({len(values) for values in report.get("curves", {}).values()}) > 1:
        raise ValueError("its curves are not of the same epochs")
