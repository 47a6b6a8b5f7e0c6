"""How well the recogniser can be taught: a part of "How good is it?"."""

import pandas as pd
import streamlit as st

from app_pages.locale import _, ngettext
from app_pages.parts.tables import numbers, percent


def show_teaching(teaching: dict) -> None:
    """The figures of `model.scores.teaching`, as the report has them."""
    st.header(_("Can it be taught?"), anchor=False)
    st.markdown(
        _(
            "On “Teach it” you show it a few of your own digits, or symbols that it has never seen. These figures are "
            "of people and alphabets that no network has met."
        )
    )
    show_own_hand(teaching["own_hand"])
    if "letters" in teaching:
        show_letters(teaching["letters"])
        show_beside(teaching["beside_letters"])


def show_own_hand(hands: list[dict]) -> None:
    st.subheader(_("Digits in somebody's own hand"), anchor=False)
    shown_as_metrics([(examples_of_each(one["examples"]), one) for one in hands], _("So many of their digits are read right."))
    most = hands[-1]
    st.markdown(
        _(
            "With {examples} of each, the writer whom it reads worst has **{worst:.2%}** read right. "
            "No writer lost more than {lost:.2f} points by teaching.",
            examples=most["examples"],
            worst=most["worst_writer"],
            lost=100 * max(one["most_lost"] for one in hands),
        )
    )
    table = pd.DataFrame(
        [
            {
                "examples of each digit": one["examples"],
                "drawings": one["images"],
                "read right": one["accuracy"],
                "interval from": one["interval"][0],
                "interval to": one["interval"][1],
                "worst writer": one["worst_writer"],
                "calibration error": one["calibration_error"],
            }
            for one in hands
        ]
    )
    shares = ("read right", "interval from", "interval to", "worst writer")
    numbers(table, "own_hand", _("Digits in somebody's own hand as a table"), shares)


def show_letters(letters: list[dict]) -> None:
    st.subheader(_("Twenty letters of an alphabet that it has never seen"), anchor=False)
    shown_as_metrics(
        [(examples_of_each(one["examples"]), one) for one in letters],
        _("So many of the letters are told from each other, drawn by people who drew none of the examples."),
    )
    table = pd.DataFrame(
        [
            {
                "examples of each letter": one["examples"],
                "alphabet": _(alphabet.replace("_", " ")),
                "drawings": scores["images"],
                "read right": scores["accuracy"],
                "interval from": scores["interval"][0],
                "interval to": scores["interval"][1],
            }
            for one in letters
            for alphabet, scores in one["by_alphabet"].items()
        ]
    )
    numbers(table, "letters", _("Each alphabet as a table"), ("read right", "interval from", "interval to"))


def show_beside(beside: dict) -> None:
    st.subheader(_("All digits and {letters} letters at once", letters=beside["letters"]), anchor=False)
    shown_as_metrics(
        [
            (_("Letters that were taught"), beside["taught"]),
            (_("Letters that were not"), beside["not_taught"]),
            (_("Digits"), beside["digits"]),
        ],
        _("So many are answered as they should be: what was not taught by “That is nothing I know.”"),
    )
    st.markdown(
        _(
            "Before the letters were taught, **{accuracy:.2%}** of the digits were read right.",
            accuracy=beside["digits_before"]["accuracy"],
        )
    )


def examples_of_each(count: int) -> str:
    """What stands above a figure."""
    if not count:
        return _("Without examples")
    return ngettext("One example of each", "{count} examples of each", count)


def shown_as_metrics(entries: list[tuple[str, dict]], words: str) -> None:
    """Shares side by side, each with its interval, and below them what they are of."""
    for column, (title, scores) in zip(st.columns(len(entries)), entries, strict=True):
        low, high = scores["interval"]
        with column.container(border=True, height="stretch"):
            st.metric(title, percent(scores["accuracy"]))
            st.caption(
                _(
                    "{images:,} drawings, {sure:.0%} interval {low:.2%} to {high:.2%}",
                    images=scores["images"],
                    sure=0.95,
                    low=low,
                    high=high,
                )
            )
    st.markdown(words)
