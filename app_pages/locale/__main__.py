"""Brings the catalogues of translations up to date with the sentences in the code, and says what they lack.

    python -m app_pages.locale          all languages that there are
    python -m app_pages.locale fr       begins a catalogue for one more

A catalogue is a text file that programs for translators (Poedit, Weblate) open, too. It ends with 1 if anything is lacking.
"""

import argparse
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter

from babel import Locale, UnknownLocaleError
from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from app_pages.locale import LANGUAGES, SOURCE, catalogue

ROOT = Path(__file__).parents[2]
FOLDERS = ("app_pages", "model")  # in which sentences stand
# Who takes a sentence, beside gettext's own functions: problems say theirs in English, and are told in other languages.
PROBLEMS = (
    "ClassroomError",
    "FetchError",
    "PictureError",
    "PictureTooLargeError",
    "PictureTypeError",
    "PlanError",
    "Problem",
    "ReportError",
    "TeachingError",
    "WeightsError",
)
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)} | dict.fromkeys(PROBLEMS)
WIDTH = 120  # characters of a line
HEAD = "# Sentences of the app in another language; `python -m app_pages.locale` keeps their list up to date."


def sentences() -> Catalog:
    """All sentences in the code, untranslated."""
    found = Catalog(fuzzy=False)
    for folder in FOLDERS:
        texts = extract_from_dir(
            ROOT / folder, method_map=[("**.py", "python")], keywords=KEYWORDS, comment_tags=("For translators:",)
        )
        for file, line, sentence, comments, context in sorted(texts, key=lambda text: text[:2]):
            found.add(sentence, locations=[(f"{folder}/{file}", line)], auto_comments=comments, context=context)
    return found


def read(code: str) -> Catalog:
    """The catalogue of a language."""
    with catalogue(code).open("rb") as file:
        return read_po(file, locale=code)


def empty(code: str) -> Catalog:
    """A catalogue of a language, without sentences."""
    return Catalog(
        locale=code,
        header_comment=HEAD,
        project="Draw a digit",
        version="1",
        msgid_bugs_address="see README.md",
        last_translator="see the history of this file",
        language_team=str(Locale.parse(code).english_name),
        revision_date=datetime.now(UTC),
        fuzzy=False,
    )


def update(code: str) -> None:
    """Adds sentences that are new to the catalogue of a language, and takes out those that are gone."""
    path = catalogue(code)
    kept = read(code) if path.exists() else empty(code)
    date = kept.revision_date
    kept.update(sentences(), no_fuzzy_matching=True, update_creation_date=False)
    kept.obsolete.clear()
    kept.revision_date = date
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, kept, width=WIDTH, include_lineno=False)


def problems(code: str) -> Iterator[str]:
    """What the catalogue of a language lacks, each in a line."""
    kept, wanted = read(code), sentences()
    for message in wanted:
        if message.id and kept.get(message.id, message.context) is None:
            yield f"not in the catalogue: {_shown(message.id)}"
    for message in kept:
        if not message.id:
            continue
        if wanted.get(message.id, message.context) is None:
            yield f"no longer in the code: {_shown(message.id)}"
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        texts = [message.string] if isinstance(message.string, str) else list(message.string)
        if not all(texts):
            yield f"not translated: {_shown(message.id)}"
        elif message.fuzzy:
            yield f"to be looked at again: {_shown(message.id)}"
        else:
            # Of several forms, the one for one thing may leave their number out.
            for text in texts:
                if gaps(text) not in (gaps(ids[-1]), gaps(ids[0])):
                    yield f"other gaps than in English: {_shown(message.id)}"


def gaps(text: str) -> set[tuple[str, str]]:
    """The names in braces, each with how it is written; a text whose braces are wrong has a gap that nobody has."""
    try:
        return {(name, spec or "") for _, name, spec, _ in Formatter().parse(text) if name is not None}
    except ValueError:
        return {("wrong braces", text)}


def _shown(sentence) -> str:
    return repr(sentence if isinstance(sentence, str) else sentence[-1])


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m app_pages.locale", description=__doc__.split("\n")[0])
    parser.add_argument("language", nargs="?", help="code of a language as Babel has it, as fr or zh_Hans")
    asked = parser.parse_args(arguments).language
    try:
        codes = [str(Locale.parse(asked))] if asked else [code for code in LANGUAGES if code != SOURCE]
    except (ValueError, UnknownLocaleError) as error:
        parser.error(f"there is no such language: {error}")
    lacking = 0
    for code in codes:
        update(code)
        for problem in problems(code):
            print(f"{code}: {problem}")
            lacking += 1
    print(f"{lacking} sentences need a translator." if lacking else "All sentences are translated.")
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
