"""Languages: the catalogues are whole, and what is said in them is what the sentences in the code say."""

import ast
import pickle
from importlib import import_module
from pathlib import Path

import pytest
from babel.messages import Catalog
from babel.messages.pofile import write_po

from app_pages import locale
from app_pages.locale import LANGUAGES, SOURCE, _, __main__, asked_for, catalogue, known, ngettext, number, told, use
from model.ink.files import PictureTooLargeError, decode_picture
from model.problems import Problem

ROOT = Path(__file__).parents[2]
OTHERS = [code for code in LANGUAGES if code != SOURCE]


@pytest.fixture
def chinese():
    use("zh_Hans")
    yield
    use(SOURCE)


# ── The catalogues ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_there_is_chinese():
    assert LANGUAGES == {"en": "English", "zh_Hans": "简体中文"}


@pytest.mark.parametrize("code", OTHERS)
def test_every_sentence_is_translated_with_its_gaps_and_plurals(code):
    assert list(__main__.problems(code)) == []


@pytest.fixture
def other(tmp_path, monkeypatch):
    """Makes a catalogue of two sentences, the only ones in the code, of what is given; of Polish, which has three plurals."""
    monkeypatch.setattr(locale, "FOLDER", tmp_path)
    wanted = Catalog()
    wanted.add("Draw {label}")
    wanted.add(("{count} page of {of:,}", "{count} pages of {of:,}"))
    monkeypatch.setattr(__main__, "sentences", lambda: wanted)

    def write(
        sentence="Narysuj {label}", plurals=("{count} strona z {of:,}", "{count} strony z {of:,}", "{count} stron z {of:,}")
    ):
        made = Catalog(locale="pl", fuzzy=False)
        if sentence is not None:
            made.add("Draw {label}", sentence)
        made.add(("{count} page of {of:,}", "{count} pages of {of:,}"), plurals)
        path = catalogue("pl")
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, made)
        return list(__main__.problems("pl"))

    return write


def test_a_whole_catalogue_lacks_nothing(other):
    assert other() == []


@pytest.mark.parametrize(
    ("lacking", "said"),
    [
        ({"sentence": ""}, "not translated: 'Draw {label}'"),
        ({"sentence": None}, "not in the catalogue: 'Draw {label}'"),
        ({"sentence": "Narysuj"}, "other gaps than in English: 'Draw {label}'"),
        ({"sentence": "Narysuj {lable}"}, "other gaps than in English: 'Draw {label}'"),
        ({"sentence": "Narysuj {label"}, "other gaps than in English: 'Draw {label}'"),
        ({"plurals": ("{count} strona z {of:,}", "{count} strony z {of:,}", "")}, "not translated: '{count} pages of {of:,}'"),
        (
            {"plurals": ("{count} strona z {of:,}", "{count} strony z {of:,}", "{count} stron z {of}")},
            "other gaps than in English: '{count} pages of {of:,}'",
        ),
        ({"plurals": ("{count} strona z {of:,}",)}, "not translated: '{count} pages of {of:,}'"),
    ],
)
def test_what_a_catalogue_lacks_is_said(other, lacking, said):
    assert said in other(**lacking)


def test_the_command_brings_a_catalogue_up_to_date_and_keeps_what_is_translated(other, capsys, monkeypatch):
    other(sentence=None)
    monkeypatch.setattr(__main__, "LANGUAGES", {"en": "English", "pl": "polski"})
    assert __main__.main([]) == 1
    assert "pl: not translated: 'Draw {label}'" in capsys.readouterr().out
    kept = __main__.read("pl")
    assert kept.get("{count} page of {of:,}").string[2] == "{count} stron z {of:,}"
    before = catalogue("pl").read_bytes()
    __main__.main([])
    assert catalogue("pl").read_bytes() == before


def test_the_command_begins_another_language(other, capsys):
    assert __main__.main(["pt_BR"]) == 1
    assert "2 sentences need a translator." in capsys.readouterr().out
    assert len(__main__.read("pt_BR")) == 2
    with pytest.raises(SystemExit):
        __main__.main(["no such language"])


def test_every_kind_of_problem_has_its_sentences_in_the_catalogues():
    """A class that is told to people, and that the command does not know, would have its sentences overlooked."""
    names = set()
    for folder in ("model", "app_pages"):
        for path in (ROOT / folder).rglob("*.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for node in ast.walk(tree):
                if isinstance(node, ast.ClassDef) and node.name != "Problem" and node.bases:
                    module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
                    if node.name.endswith("Error") and issubclass(getattr(import_module(module), node.name), Problem):
                        names.add(node.name)
    # Data that train.py reads are spoken of at the command line alone; a picture that waits too long says a known sentence.
    assert names - {"DataError", "BusyWorkersError"} <= set(__main__.PROBLEMS)


def test_no_sentence_is_hidden_within_another_string():
    """gettext's tools do not look into f-strings."""
    for folder in ("model", "app_pages"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.FormattedValue):
                    for call in ast.walk(node.value):
                        if isinstance(call, ast.Call) and getattr(call.func, "id", "") in ("_", "ngettext"):
                            assert not isinstance(call.args[0], ast.Constant), f"{path.name}: {ast.unparse(call)}"


# ── Which language ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("tag", "code"),
    [
        ("zh", "zh_Hans"),
        ("zh-CN", "zh_Hans"),
        ("zh_Hans", "zh_Hans"),
        ("zh-Hant-TW", "zh_Hans"),
        ("en-GB", "en"),
        ("EN", "en"),
        ("de", None),
        ("", None),
        (None, None),
        ("*", None),
        ("zh\n", None),
        ("../zh_Hans", None),
        ("x" * 10_000, None),
    ],
)
def test_a_tag_asks_for_a_language_that_there_is(tag, code):
    assert known(tag) == code


@pytest.mark.parametrize(
    ("chosen", "browser", "code"),
    [
        (None, "zh-CN,zh;q=0.9,en;q=0.8", "zh_Hans"),
        (None, "de-DE,de;q=0.9,zh;q=0.5,en;q=0.3", "zh_Hans"),
        ("en", "zh-CN", "en"),
        ("zh", "en", "zh_Hans"),
        ("tlh", "fr", "en"),
        (None, None, "en"),
        (None, ";;,,*;q=0" * 1_000, "en"),
    ],
)
def test_a_choice_counts_before_what_the_browser_asks_for(chosen, browser, code):
    assert asked_for(chosen, browser) == code


# ── What is said ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_sentence_is_said_in_the_language_that_is_spoken(chinese):
    assert _("Draw {label}, as large as you like.", label="7") == "画 7，多大都行。"
    assert _("") == ""
    assert _("No sentence of ours {gap}") == "No sentence of ours {gap}"


def test_so_many_things_have_their_form():
    assert ngettext("1 example", "{count} examples", 1) == "1 example"
    assert ngettext("1 example", "{count} examples", 3) == "3 examples"
    use("zh_Hans")
    try:
        assert ngettext("1 example", "{count} examples", 1) == "1 个样例"
    finally:
        use(SOURCE)


@pytest.mark.parametrize(
    ("code", "whole", "share", "day"),
    [
        ("en", "12,345", "98.7%", "November 24, 2026"),
        ("zh_Hans", "12,345", "98.7%", "2026年11月24日"),
        ("de", "12.345", "98,7\u00a0%", "24. November 2026"),
    ],
)
def test_numbers_shares_and_dates_are_as_the_language_has_them(code, whole, share, day):
    use(code)
    try:
        assert number(",", 12_345) == whole
        assert number(".1%", 0.9871) == share
        assert locale.day("2026-11-24") == day
        assert locale.day("yesterday") == "yesterday"
    finally:
        use(SOURCE)


def test_a_problem_of_the_model_is_told_in_the_language_of_whoever_reads_it(chinese):
    with pytest.raises(PictureTooLargeError) as caught:
        decode_picture(bytes(21 * 2**20))
    again = pickle.loads(pickle.dumps(caught.value))  # as it comes from the process that reads pictures
    assert str(again) == "The file has 21 MB, but at most 20 MB are taken."
    assert told(again) == "文件有 21 MB，最多支持 20 MB。"
    assert told("This file is damaged.") == "这个文件已损坏。"
    assert told(ValueError("nobody knows this")) == "nobody knows this"


def test_a_gap_may_be_filled_with_what_is_translated_too(chinese):
    said = told(Problem("{name} could not be fetched; the log has the reason.", name="The pen digits"))
    assert said == "无法下载 笔迹数字；原因见日志。"
