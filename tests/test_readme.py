"""The README in other languages: the same commands, files and figures as in English."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ENGLISH = ROOT / "README.md"
OTHERS = sorted(ROOT.glob("README.*.md"))


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def blocks_of(text: str) -> list[str]:
    """What stands in code blocks, without comments."""
    found = re.findall(r"```\w+\n(.*?)```", text, flags=re.DOTALL)
    return ["\n".join(re.sub(r"\s+# .*", "", line) for line in block.splitlines()) for block in found]


def code_of(text: str) -> set[str]:
    """What stands as code in sentences and tables: commands, options, files, fields."""
    return set(
        re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL).replace("\n  ", " ").replace("\n", " "))
    )


def tables_of(text: str) -> list[list[list[str]]]:
    """The figures of each table, row by row, without their first column, which is in words."""
    tables = re.findall(r"^\|.*\|\n\| ---.*\n((?:\|.*\|\n)+)", text, flags=re.MULTILINE)
    rows = ([re.split(r"(?<!\\)\|", row.strip("|"))[1:] for row in table.splitlines()] for table in tables)
    return [[re.findall(r"\d(?:[\d.,]*\d)?", " ".join(row)) for row in table] for table in rows]


def shares_of(text: str) -> list[str]:
    """All per cents, in no order."""
    return sorted(share.replace(" ", "") for share in re.findall(r"\d[\d.]* ?%", text))


def test_there_is_one_in_chinese():
    assert [path.name for path in OTHERS] == ["README.zh-CN.md"]
    assert f"({OTHERS[0].name})" in text_of(ENGLISH)
    assert "(README.md)" in text_of(OTHERS[0])


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.name)
def test_it_has_the_same_commands(path):
    assert blocks_of(text_of(path)) == blocks_of(text_of(ENGLISH))
    assert code_of(text_of(path)) == code_of(text_of(ENGLISH))


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.name)
def test_it_has_the_same_figures(path):
    own, english = tables_of(text_of(path)), tables_of(text_of(ENGLISH))
    assert len(own) == len(english) > 7
    for table, wanted in zip(own[1:-1], english[1:-1], strict=True):  # the first one is of fields, the last one of data
        assert table == wanted
    assert [len(table) for table in own] == [len(table) for table in english]
    assert shares_of(text_of(path)) == shares_of(text_of(ENGLISH))


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.name)
def test_it_has_the_same_sections(path):
    levels = [re.findall("^#+ ", text_of(one), flags=re.MULTILINE) for one in (path, ENGLISH)]
    assert levels[0] == levels[1]
