import json

import pytest

from model.scores.evaluation import wilson_interval
from model.scores.report import ReportError, lacking, read_report
from tests.reports import new_report, old_report, textbook_report, untold_report


@pytest.fixture
def written(tmp_path):
    """Writes something as a report and gives its path."""

    def write(content):
        path = tmp_path / "report.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize("make", [new_report, old_report, textbook_report, untold_report])
def test_what_train_py_writes_is_read_with_its_figures(written, make):
    report = make()
    read = read_report(written(report))
    for name, scores in report["sets"].items():
        for key in ("images", "right", "accuracy", "confusion", "per_digit"):
            assert read["sets"][name][key] == scores[key]
    for key in report:
        assert key in read


def test_the_report_that_ships_can_be_read():
    assert read_report()["sets"]["mnist"]["images"] == 10_000


def test_bins_of_the_reliability_diagram_get_their_interval(written):
    row = read_report(written(new_report()))["sets"]["mnist"]["reliability"][0]
    assert row["interval"] == list(wilson_interval(round(row["accuracy"] * row["images"]), row["images"]))


def test_a_writer_of_whom_only_the_accuracy_is_known_has_nothing_else(written):
    writers = read_report(written(old_report()))["sets"]["pen_digits"]["by_writer"]
    assert writers["25"] == {"accuracy": 1.0}


def test_it_is_known_what_an_older_report_lacks(written):
    assert lacking(read_report(written(old_report()))) == [
        "reliability",
        "disturbances",
        "numbers",
        "no_digit",
        "teaching",
    ]
    for report in (new_report(), textbook_report(), untold_report()):
        assert lacking(read_report(written(report))) == []


def test_a_share_that_rounding_pushed_over_the_edge_is_taken_for_the_edge(written):
    report = new_report()
    report["sets"]["mnist"]["interval"][1] = 1.0000000000000002
    assert read_report(written(report))["sets"]["mnist"]["interval"][1] == 1.0


def test_a_missing_report_is_told_from_a_damaged_one(tmp_path, written):
    with pytest.raises(ReportError, match="There is no report.json"):
        read_report(tmp_path / "report.json")
    with pytest.raises(ReportError, match="cannot be read"):
        read_report(tmp_path)
    for text in ("", "{", '{"sets": ', "[" * 100_000):
        with pytest.raises(ReportError, match="damaged: it is no JSON"):
            read_report(written(text))
    (tmp_path / "report.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ReportError, match="damaged"):
        read_report(tmp_path / "report.json")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("network",), 7),
        (("network",), "x" * 101),
        (("weights",), -1),
        (("weights",), True),
        (("sets",), []),
        (("sets", "mnist"), None),
        (("sets", "mnist", "accuracy"), 1.01),
        (("sets", "mnist", "accuracy"), "0.9"),
        (("sets", "mnist", "accuracy"), float("nan")),
        (("sets", "mnist", "images"), 0),
        (("sets", "mnist", "right"), 3),
        (("sets", "mnist", "interval"), [0.9]),
        (("sets", "mnist", "confusion"), [[1] * 10] * 9),
        (("sets", "mnist", "confusion"), [[1.5] * 10] * 10),
        (("sets", "mnist", "confusion"), [[1] * 10] * 10),
        (("sets", "mnist", "per_digit"), []),
        (("sets", "mnist", "reliability"), [{}]),
        (("sets", "pen_digits", "by_writer"), {"25": "good"}),
        (("sets", "pen_digits", "by_writer"), {}),
        (("curves", "loss"), [float("inf"), 1, 1]),
        (("curves", "loss"), [0.1]),
        (("trained_on", "mnist"), "many"),
        (("versions",), "3.11"),
        (("seconds",), [3]),
        (("disturbances", "noise", "levels"), []),
        (("no_digit", "kinds", "symbols"), 3),
        (("numbers", "amount"), {"accuracy": 0.9}),
        (("numbers", "form", "by_source"), [1]),
    ],
)
def test_what_is_not_as_it_should_be_is_refused_with_its_place(written, path, value):
    report = new_report()
    place = report
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(ReportError, match=f"damaged: .*{path[1] if path[0] == 'sets' and len(path) > 1 else path[0]}"):
        read_report(written(report))


@pytest.mark.parametrize("key", ["network", "weights", "sets"])
def test_a_report_without_its_core_is_damaged(written, key):
    report = new_report()
    del report[key]
    with pytest.raises(ReportError, match=f"has no {key}"):
        read_report(written(report))


def test_entries_that_nobody_knows_are_left_out(written):
    report = new_report() | {"surprise": 1}
    report["disturbances"]["earthquake"] = {"levels": []}
    report["sets"]["letters"] = {}
    read = read_report(written(report))
    assert "surprise" not in read
    assert "earthquake" not in read["disturbances"]
    assert "letters" not in read["sets"]
