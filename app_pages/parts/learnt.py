"""What was taught, as "Teach it" shows it: what has changed by it, the examples, and the files."""

import streamlit as st

from app_pages.components.lesson import show_gallery
from app_pages.locale import _, ngettext, told
from app_pages.parts import lesson, words
from model.reading.lesson import from_file, program, to_file, to_keras
from model.reading.taught import DIGIT_LABELS, TeachingError

MOST_TOLD = 3  # pairs of symbols that are hard to tell apart

state = st.session_state


# ── What has changed ──────────────────────────────────────────────────────────────────────────────────────────────────


def of(part: int, whole: int) -> str:
    """So many of so many."""
    return _("{part:,} of {whole:,}", part=part, whole=whole)


def show_changes(taught) -> None:
    """How many of the examples were read right before, and are now, each judged by the others.

    Args:
        taught: a `lesson.Taught`, or None while the network is not there.
    """
    if taught is None:
        st.caption(_("Your examples count as soon as the network is there."))
        return
    from model.reading.judgement import confusions

    judgement = taught.judgement
    before = [right for right in judgement.before if right is not None]
    examples = taught.recognizer.examples
    answers = list(zip(judgement.now, examples.labels, strict=True))
    digits = [now for now, label in answers if label in DIGIT_LABELS]
    symbols = [now for now, label in answers if label not in DIGIT_LABELS and examples.counts[label] > 1]
    with st.container(horizontal=True, key="changes"):
        if digits:
            st.metric(_("Your digits, before"), of(sum(before), len(before)), width="content")
            st.metric(_("Your digits, now"), of(sum(digits), len(digits)), width="content")
        if symbols:
            st.metric(_("Your symbols, now"), of(sum(symbols), len(symbols)), width="content")
    if digits or symbols:
        st.caption(_("So many of your own drawings are read right, each judged by the others."))
    if any(examples.counts[name] == 1 for name in examples.symbols):
        st.caption(_("A symbol with one drawing has no other to be judged by: draw it a second time."))
    for pair in confusions(taught.recognizer, judgement)[:MOST_TOLD]:
        first, second = map(words.plain, pair.labels)
        st.warning(
            _(
                "Your {first} and your {second} are hard to tell apart: of {drawings} drawings, {confused} would be confused.",
                first=first,
                second=second,
                drawings=pair.drawings,
                confused=pair.confused,
            ),
            icon=":material/compare_arrows:",
        )


# ── The examples ──────────────────────────────────────────────────────────────────────────────────────────────────────


def show_examples(taught) -> None:
    """Small pictures by label; a tap deletes one."""
    examples = lesson.examples()
    st.header(_("What you taught it"), anchor=False)
    if taught is None:
        st.caption(
            ngettext(
                "{count} example of {names} names.",
                "{count} examples of {names} names.",
                len(examples),
                names=len(examples.counts),
            )
        )
        return
    st.caption(_("A tap on a drawing deletes it; Undo brings it back."))
    order = [*(label for label in DIGIT_LABELS if label in examples.counts), *examples.symbols]
    groups = [
        {
            "label": label,
            "words": ngettext("1 example", "{count} examples", examples.counts[label]),
            "examples": [index for index, other in enumerate(examples.labels) if other == label],
        }
        for label in order
    ]
    pressed = show_gallery(f"live/lesson?taught={taught.token}", groups, _("Delete this example"))
    if type(pressed) is int and 0 <= pressed < len(examples):
        lesson.change(examples.without(pressed))
        st.rerun()


# ── Files ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def load() -> None:
    """Has the file take the place of what was taught."""
    if state.lesson_file is None:
        return
    try:
        lesson.change(from_file(state.lesson_file.getvalue()))
        state.load_problem = None
    except TeachingError as error:
        state.load_problem = error.with_traceback(None)


def show_files(taught) -> None:
    """Undo and Start over; saving and loading; the Keras model."""
    examples = lesson.examples()
    with st.container(horizontal=True, key="lesson_tools"):
        st.button(
            _("Undo the last change"),
            icon=":material/undo:",
            key="undo_lesson",
            on_click=lesson.undo,
            disabled=not lesson.can_undo(),
        )
        st.button(
            _("Start over"),
            icon=":material/restart_alt:",
            key="start_over",
            on_click=lesson.start_over,
            disabled=not len(examples),
        )
        if len(examples):
            st.download_button(
                _("Save to a file"),
                lambda: to_file(examples),
                "what-i-taught.json",
                "application/json",
                icon=":material/download:",
                on_click="ignore",
                key="save_lesson",
            )
        with st.popover(_("Load a file"), icon=":material/upload:"):
            st.file_uploader(
                _("A file that was saved here; it takes the place of what you taught."),
                "json",
                key="lesson_file",
                on_change=load,
            )
        if taught:
            with st.popover(_("Take it as a Keras model"), icon=":material/deployed_code:"):
                show_model(taught)
    if problem := state.get("load_problem"):
        st.error(_("{problem} What you taught is as it was.", problem=told(problem)), icon=":material/error:")


def show_model(taught) -> None:
    """The recogniser that was taught, as a `.keras` file, and a program that uses it."""
    st.markdown(_("The network with your examples as its last layers, and a program that reads a picture with it."))
    st.download_button(
        _("Download taught.keras"),
        lambda: to_keras(taught.recognizer),
        "taught.keras",
        "application/octet-stream",
        icon=":material/download:",
        on_click="ignore",
        key="save_model",
    )
    st.code(program(taught.recognizer.labels), language="python")
