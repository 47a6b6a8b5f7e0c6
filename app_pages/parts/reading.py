"""Reads the pictures that a visitor chose: in processes, each once, when it is the visitor's turn."""

import logging
from collections.abc import Callable
from concurrent.futures import wait

import streamlit as st

from app_pages.locale import _, told
from app_pages.parts import lesson, results, words
from app_pages.parts.results import Result
from app_pages.parts.workers import TOO_LATE, workers
from model.ink.files import PictureError, is_document
from model.problems import Problem
from model.reading.taught import Examples

SAID_ANEW = 0.3  # seconds after which a visitor who waits is told so again
KEPT = 60  # results of pictures that a visitor may come back to

_log = logging.getLogger(__name__)
state = st.session_state


def each_page(files: list) -> list[tuple[tuple, str, Callable, tuple]]:
    """The files to read, as `sending.chosen` gives them, with each page of a document by itself."""
    pictures = []
    place = st.empty()
    for content, name, task, arguments in files:
        if task is results.read_sample or not is_document(arguments[1]):
            pictures.append((content, name, task, arguments))
            continue
        for page in range(pages_of(content, name, arguments[1], place.caption)):
            title = _("{name}, page {page}", page=page + 1, name=name)
            pictures.append(((*content, page), title, task, (title, arguments[1], page)))
    place.empty()
    return pictures


def pages_of(of: tuple, name: str, content: bytes, say: Callable) -> int:
    """How many pages a document has; asked once of each."""
    if of not in state.pages:
        count = in_turn(lambda: say(_("Opening {name}", name=words.plain(name))), results.count_pages, content)
        if isinstance(count, str | Problem):  # reading it says the same
            return 1
        state.pages[of] = count
    return state.pages[of]


def read_chosen(recognizer, pictures: list, examples: Examples, expect: str | None) -> list[Result]:
    """What is read on the pictures, each once; with a bar that shows how far it is if there are several.

    Args:
        recognizer: the shared one.
        pictures: as `each_page` gives them.
        examples: what the visitor has taught, if it answers.
        expect: as for `Recognizer.read`.
    """
    if state.kept_by is not recognizer:
        state.kept, state.kept_by = {}, recognizer
    # What the server was too busy to read is tried again.
    state.kept = {of: result for of, result in state.kept.items() if str(result.problem) != TOO_LATE}
    how = expect, lesson.digest(examples) if len(examples) else ""
    contents = list(dict.fromkeys(content for content, *_ in pictures))
    # What was put right of a picture is forgotten with it.
    for (content, read_how), result in state.kept.items():
        if content not in contents:
            result.corrections.clear()
    place = st.empty()
    for number, (content, name, task, arguments) in enumerate(pictures):
        if (content, how) not in state.kept:

            def say(number=number, name=name):
                place.progress(
                    number / len(pictures),
                    _("Reading {number} of {count}: {name}", number=number + 1, count=len(pictures), name=words.plain(name)),
                )

            if len(examples):
                task, arguments = results.read_taught, (examples, task, *arguments)
            state.kept[content, how] = read_in_turn(say, name, task, *arguments, expect)
    place.empty()
    for content in contents:  # those that are shown come last, so that the oldest of the others go first
        state.kept[content, how] = state.kept.pop((content, how))
    while len(state.kept) > max(KEPT, len(contents)):
        state.kept.pop(next(iter(state.kept)))
    return [state.kept[content, how] for content, *_ in pictures]


def read_in_turn(say: Callable, name: str, task: Callable, *arguments) -> Result:
    """What a process reads, as `in_turn`; the last of the arguments is `expect`."""
    result = in_turn(say, task, *arguments)
    return Result(name, arguments[-1], result) if isinstance(result, str | Problem) else result


def in_turn(say: Callable, task: Callable, *arguments):
    """What a process computes once it is this visitor's turn, or the problem because of which it does not, as `told` takes it.
    Who turns to something else meanwhile gives the turn up.

    Args:
        say: is called while the visitor waits; there, Streamlit ends a run that another one follows.
        task: as for `Workers.submit`, as are its arguments.
    """
    reading = workers().submit(state.session, task, *arguments)
    try:
        while not reading.done():
            say()
            wait([reading], timeout=SAID_ANEW)
        return reading.result()
    except PictureError as error:
        return error.with_traceback(None)
    except Exception:
        _log.exception("A picture could not be read")
        return results.FAILED
    finally:
        reading.cancel()


def show_centres_switch() -> None:
    """Whether to see where the network that finds digits sees them."""
    if st.toggle(_("What the network sees"), key="centres", persist_state="session"):
        st.caption(
            _(
                "One network looks at the whole page at once and says for each place how likely something has its middle "
                "there: :orange[a digit], :blue[a point or comma], :green[an empty box]. What it finds is then judged one by "
                "one."
            )
        )


def seen_on(result: Result) -> bytes | None:
    """The picture of a result as the network that finds digits sees it, made once; None, and a sentence, if that fails."""
    if state.get("seen_of") != result.number:
        place = st.empty()
        state.seen = in_turn(lambda: place.caption(_("Looking …")), results.centres_on, result.picture)
        state.seen_of = result.number
        place.empty()
    if isinstance(state.seen, str | Problem):
        st.warning(told(state.seen))
        return None
    return state.seen
