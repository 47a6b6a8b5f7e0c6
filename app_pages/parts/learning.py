"""How well the recogniser can be taught: a part of "How good is it?"."""

import pandas as pd
import streamlit as st

from app_pages.parts.tables import numbers, percent


def show_teaching(teaching: dict) -> None:
    """The figures of `model.scores.teaching`, as the report has them."""
    st.header("Can it be taught?", anchor=False)
    st.markdown(
        "On “Teach it” you show it a few of your own digits, or symbols that it has never seen. These figures are "
        "of people and alphabets that no network has met."
    )
    show_own_hand(teaching["own_hand"])
    if "letters" in teaching:
        show_letters(teaching["letters"])
        show_beside(teaching["beside_letters"])


def show_own_hand(hands: list[dict]) -> None:
    st.subheader("Digits in somebody's own hand", anchor=False)
    shown_as_metrics([(examples_of_each(one["examples"]), one) for one in hands], "of their digits are read right.")
    most = hands[-1]
    st.markdown(
        f"With {most['examples']} of each, the writer whom it reads worst has **{percent(most['worst_writer'])}** read right. "
        f"No writer lost more than {100 * max(one['most_lost'] for one in hands):.2f} points by teaching."
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
    numbers(table, "own_hand", "Digits in somebody's own hand as a table", shares)


def show_letters(letters: list[dict]) -> None:
    st.subheader("Twenty letters of an alphabet that it has never seen", anchor=False)
    shown_as_metrics(
        [(examples_of_each(one["examples"]), one) for one in letters],
        "of the letters are told from each other, drawn by people who drew none of the examples.",
    )
    table = pd.DataFrame(
        [
            {
                "examples of each letter": one["examples"],
                "alphabet": alphabet.replace("_", " "),
                "drawings": scores["images"],
                "read right": scores["accuracy"],
                "interval from": scores["interval"][0],
                "interval to": scores["interval"][1],
            }
            for one in letters
            for alphabet, scores in one["by_alphabet"].items()
        ]
    )
    numbers(table, "letters", "Each alphabet as a table", ("read right", "interval from", "interval to"))


def show_beside(beside: dict) -> None:
    st.subheader(f"All digits and {beside['letters']} letters at once", anchor=False)
    shown_as_metrics(
        [
            ("Letters that were taught", beside["taught"]),
            ("Letters that were not", beside["not_taught"]),
            ("Digits", beside["digits"]),
        ],
        "are answered as they should be: what was not taught by “That is nothing I know.”",
    )
    st.markdown(
        f"Before the letters were taught, **{percent(beside['digits_before']['accuracy'])}** of the digits were read right."
    )


def examples_of_each(count: int) -> str:
    """What stands above a figure."""
    if not count:
        return "Without examples"
    return "One example of each" if count == 1 else f"{count} examples of each"


def shown_as_metrics(entries: list[tuple[str, dict]], words: str) -> None:
    """Shares side by side, each with its interval, and below them what they are of."""
    for column, (title, scores) in zip(st.columns(len(entries)), entries, strict=True):
        low, high = scores["interval"]
        with column.container(border=True, height="stretch"):
            st.metric(title, percent(scores["accuracy"]))
            st.caption(f"{scores['images']:,} drawings, 95 % interval {percent(low)} to {percent(high)}")
    st.markdown(f"So many {words}")
