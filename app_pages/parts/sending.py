"""The ways by which pictures of numbers come: uploads, the camera and examples; and which of them are to be read."""

import hashlib
from collections.abc import Callable
from urllib.parse import urlsplit

import streamlit as st

from app_pages.locale import N_, _
from app_pages.parts import results, samples, words
from app_pages.parts.correcting import pair
from model.ink.files import EXTENSIONS

NO_CAMERA = N_(
    "Browsers give the camera only to pages over https, and this one came over http. Take the photograph with your camera "
    "and send the picture, or ask whoever runs this server for https."
)

state = st.session_state


def choose_files(files: list) -> None:
    """Has these files read; without any, an example that was chosen stays."""
    state.sent = files
    if files:
        state.example = None


def choose_uploads() -> None:
    choose_files(state.uploads or [])


def choose_photograph() -> None:
    choose_files([state.photograph] if state.photograph else state.uploads or [])


def choose_example() -> None:
    if state.example is None:
        return
    sample = samples.SAMPLES[state.example]
    state.kind = sample.kind
    if sample.kind == "postcode":
        state.digits = len(sample.lines[0])


def show_sources() -> None:
    """The ways by which pictures come."""
    left, right = pair("sources")
    with left:
        st.file_uploader(
            _("Pictures of numbers"),
            EXTENSIONS,
            accept_multiple_files=True,
            key="uploads",
            on_change=choose_uploads,
            help=_(
                "Pictures, also HEIC as telephones make them, and PDF of up to 20 pages. Up to 20 MB and 40 million pixels "
                "each, several at once, up to 60 MB together."
            ),
        )
    with right:
        st.pills(
            _("Or take an example"),
            list(samples.SAMPLES),
            format_func=lambda name: _(samples.SAMPLES[name].title),
            key="example",
            on_change=choose_example,
            persist_state="session",
            wrap=True,
        )
        with st.container(horizontal=True):
            st.toggle(_("As a photograph"), key="photographed", persist_state="session")
            allowed = camera_is_allowed()
            camera = st.toggle(_("Use the camera"), key="camera", disabled=not allowed)
        if not allowed:
            st.caption(_(NO_CAMERA))
    # Behind a switch: the browser asks for permission as soon as the camera is on the page.
    if camera:
        st.camera_input(_("Photograph a number"), key="photograph", on_change=choose_photograph, resolution="1080p")
    # The widgets forget what they hold when another page is looked at, or the camera switched off.
    held = [file.file_id for file in (*(state.uploads or []), state.get("photograph")) if file]
    earlier = [words.plain(file.name) for file in state.sent if file.file_id not in held]
    if earlier and state.example is None:
        with st.container(horizontal=True, vertical_alignment="center", key="earlier"):
            st.markdown(_("From before: {earlier}", earlier=", ".join(earlier)), width="content")
            st.button(_("Remove"), icon=":material/close:", type="tertiary", on_click=choose_uploads)


def camera_is_allowed() -> bool:
    """Whether the browser gives this page the camera: over https, or from the machine itself (W3C, "Secure Contexts")."""
    url = urlsplit(st.context.url or "")
    local = url.hostname in ("localhost", "::1") or (url.hostname or "").startswith("127.")
    return url.scheme == "https" or local or not url.scheme


def chosen() -> list[tuple[tuple, str, Callable, tuple]]:
    """The files to read: for each what tells its content from another, its name, what reads it, and from what."""
    if state.example is not None:
        name, photographed = state.example, bool(state.photographed)
        return [(("example", name, photographed), name, results.read_sample, (name, photographed))]
    return [(content_of(file), file.name, results.read_file, (file.name, file.getvalue(), 0)) for file in state.sent]


def content_of(file) -> tuple:
    """What tells a file's name and content from another's; made once for each upload."""
    if file.file_id not in state.contents:
        state.contents[file.file_id] = hashlib.sha256(file.getvalue()).hexdigest()
    return file.name, state.contents[file.file_id]
