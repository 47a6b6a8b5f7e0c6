"""The languages of the app: which one a visitor reads, and its sentences and numbers.

Sentences stand in the code in English, whole, within `_()`. Their translations stand in one catalogue for each language,
`<language>/LC_MESSAGES/app.po` in this folder, as gettext's and translators' programs know it. `python -m app_pages.locale`
brings them up to date, and begins one for a new language: where there is one, the menu offers it.
"""

import re
from contextvars import ContextVar
from datetime import date
from functools import cache
from gettext import GNUTranslations
from io import BytesIO
from pathlib import Path
from string import Formatter

import streamlit as st
from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent

from model.problems import N_, Problem

__all__ = [
    "LANGUAGES",
    "N_",
    "_",
    "COOKIE",
    "asked_for",
    "choose",
    "chosen",
    "day",
    "each_of",
    "language",
    "ngettext",
    "number",
    "start",
    "tag",
    "told",
    "use",
]

FOLDER = Path(__file__).parent
COOKIE = "digits-language"  # in which the browser remembers what was chosen
SOURCE = "en"  # of the sentences in the code

_language: ContextVar[str | None] = ContextVar("language", default=None)


def catalogue(code: str) -> Path:
    """The file of a language's translations."""
    return FOLDER / code / "LC_MESSAGES" / "app.po"


def _name(code: str) -> str:
    """What those who speak a language call it."""
    locale = Locale.parse(code)
    return locale.languages.get(code) or locale.get_display_name()


# Code, as Babel has it → what its speakers call it, English first.
LANGUAGES = {code: _name(code) for code in [SOURCE, *sorted(path.parents[1].name for path in FOLDER.glob("*/*/app.po"))]}


@cache
def _translations(code: str) -> GNUTranslations:
    with catalogue(code).open("rb") as file:
        read = read_po(file, locale=code)
    compiled = BytesIO()
    write_mo(compiled, read)
    compiled.seek(0)
    return GNUTranslations(compiled)


# ── Which language ────────────────────────────────────────────────────────────────────────────────────────────────────


def known(tag: str | None) -> str | None:
    """The language that a tag asks for (RFC 5646, as "zh" or "zh-CN"), or None if the app does not speak it."""
    try:
        asked = Locale.parse(tag or "", sep="-" if "-" in (tag or "") else "_")
    except (ValueError, UnknownLocaleError, TypeError):
        return None
    return next((code for code in LANGUAGES if Locale.parse(code).language == asked.language), None)


def asked_for(chosen: str | None, browser: str | None) -> str:
    """The language to speak.

    Args:
        chosen: a tag that somebody has chosen, if any.
        browser: what the browser asks for, as its header Accept-Language has it.
    """
    if found := known(chosen):
        return found
    for part in (browser or "")[:200].split(","):  # browsers send the dearest first
        if found := known(part.split(";")[0].strip()):
            return found
    return SOURCE


def start() -> None:
    """Begins a run of a page: the language is what the address said at first, what was chosen before, or what the browser asks
    for."""
    if "language" not in st.session_state:
        choose(known(st.query_params.get("lang")))
    _language.set(None)


def choose(code: str | None) -> None:
    """The visitor wants this one from now on; an unknown one, which may come from outside, changes nothing."""
    if code in LANGUAGES:
        st.session_state.language = st.session_state.language_chosen = code
        use(code)


def chosen() -> str | None:
    """The language that the visitor has chosen, for the browser to remember; None if it is the browser's own."""
    return st.session_state.get("language_chosen")


def tag(code: str) -> str:
    """The name of a language as HTML has it (RFC 5646)."""
    return code.replace("_", "-")


def use(code: str) -> None:
    """Speaks this language in what computes now."""
    _language.set(code)


def language() -> str:
    """The language that is spoken now. It is found out once for each run of a page, or of a part of one."""
    code = _language.get()
    if code is None:
        code = _of_visitor()
        _language.set(code)
    return code


def _of_visitor() -> str:
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    if get_script_run_ctx(suppress_warning=True) is None:  # nobody's page
        return SOURCE
    if "language" not in st.session_state:
        browser = st.context.headers.get("Accept-Language") or st.context.locale
        st.session_state.language = asked_for(st.context.cookies.get(COOKIE), browser)
    return st.session_state.language


# ── What is said ──────────────────────────────────────────────────────────────────────────────────────────────────────


class _Speaker(Formatter):
    """Fills gaps with numbers as a language writes them: "," groups digits, "%" is a share in per cent."""

    def format_field(self, value, spec: str) -> str:
        if number := re.fullmatch(r"(,?)(?:\.(\d))?([f%]?)", spec):
            group, decimals, kind = number.groups()
            digits = f".{'0' * int(decimals)}" if decimals and decimals != "0" else ""
            if kind == "%":
                return format_percent(
                    value, f"#,##0{digits}{_percent(language())}", locale=language(), decimal_quantization=True
                )
            if group or kind:
                return format_decimal(value, f"#,##0{digits}" if group else f"0{digits}", locale=language())
        return super().format_field(value, spec)


@cache
def _percent(code: str) -> str:
    """What follows a share in per cent: the sign, in some languages after a space."""
    return Locale.parse(code).percent_formats[None].pattern.lstrip("#,0.")


_speaker = _Speaker()


def said(sentence: str, **values) -> str:
    """A sentence that is translated already, with its gaps filled."""
    return _speaker.vformat(sentence, (), values) if values else sentence


def _(sentence: str, **values) -> str:
    """A sentence in the visitor's language.

    Args:
        sentence: in English, with gaps in braces as for `str.format`; without values, braces stay as they are.
        values: what belongs into the gaps; numbers as the language writes them.
    """
    code = language()
    if code != SOURCE and sentence:  # gettext has the catalogue's head under ""
        sentence = _translations(code).gettext(sentence)
    return said(sentence, **values)


def ngettext(singular: str, plural: str, count: int, **values) -> str:
    """As `_`, for so many things; the gap `count` is filled with their number."""
    code = language()
    if code == SOURCE:
        sentence = singular if count == 1 else plural
    else:
        sentence = _translations(code).ngettext(singular, plural, count)
    return said(sentence, count=count, **values)


def number(spec: str, value: float) -> str:
    """A number as the visitor's language writes it; `spec` as for `format`: ",", ".1f", ".2%"."""
    return _speaker.format_field(value, spec)


def day(iso: str | None) -> str | None:
    """A date, as ISO 8601 has it, as the visitor's language writes it; what is none stays as it is."""
    try:
        return format_date(date.fromisoformat(iso), "long", locale=language())
    except (TypeError, ValueError):
        return iso


def each_of(names: dict[str, str]) -> dict[str, str]:
    """The same names, each translated."""
    return {key: _(name) for key, name in names.items()}


def told(problem: Exception | str) -> str:
    """A problem of `model/` in the visitor's language, or what else there is to say of it."""
    if isinstance(problem, Problem):
        values = {name: _(value) if isinstance(value, str) else value for name, value in problem.values.items()}
        return _(problem.sentence, **values)
    return _(str(problem))
