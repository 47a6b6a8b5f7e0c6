"""What Streamlit's links and its choice of theme lack to be the app's menu: links to copy, full screen, languages."""

from collections.abc import Callable

import streamlit as st

from app_pages.components import component
from app_pages.locale import COOKIE, LANGUAGES, SOURCE, _, chosen, language, tag

_menu = component("menu/menu")
_languages = component("menu/languages")


def dress(current: int, paths: list[str], host: str, lost: dict[str, str]) -> None:
    """Makes a menu of the links in the container "menu", in which this stands, too.

    Args:
        current: which of the links leads to where one is.
        paths: of the pages, below the app's address.
        host: of the address under which others find this page, for a link to it.
        lost: what visit/connection.js says, in the language of this run.
    """
    words = {
        "full_screen": _("Full screen"),
        "link": _("Copy a link to what you see"),
        "copied": _("The link is copied"),
        "streamlit": {} if language() == SOURCE else of_streamlit(),
    }
    _menu(key="menu_view", data={"current": current, "paths": paths, "host": host, "words": words, "lost": lost})


def show_languages(key: str, on_choice: Callable[[str], None]) -> None:
    """The choice of a language.

    Args:
        key: of the component; it stands at two places, of which components/menu.css shows one.
        on_choice: called with the code of a language once it is chosen; it comes from outside.
    """

    def choose() -> None:
        asked = (st.session_state.get(key) or {}).get("language")
        on_choice(asked if isinstance(asked, str) else "")

    data = {
        "names": [{"code": code, "tag": tag(code), "name": name} for code, name in LANGUAGES.items()],
        "spoken": language(),
        "chosen": chosen(),
        "cookie": COOKIE,
        "label": _("Language"),
    }
    _languages(key=key, data=data, on_language_change=choose)


def of_streamlit() -> dict[str, str]:
    """What Streamlit itself says in English, with gaps in braces → what is said in its place."""
    return {
        "Skip to main content": _("Skip to main content"),
        # Its menu.
        "Main menu": _("Main menu"),
        "Rerun": _("Rerun"),
        "Print": _("Print"),
        "About": _("About"),
        "Theme": _("Theme"),
        "System": _("System"),
        "Light": _("Light"),
        "Dark": _("Dark"),
        "Close": _("Close"),
        "Navigate to home page": _("Navigate to home page"),
        "Logo": _("Logo"),
        "Link to heading": _("Link to heading"),
        "Made with Streamlit v": _("Made with Streamlit v"),
        "Copy version to clipboard": _("Copy version to clipboard"),
        "Record a screencast": _("Record a screencast"),
        "Settings": _("Settings"),
        # Uploads and the camera.
        "Upload": _("Upload"),
        "Browse files": _("Browse files"),
        "Drag and drop files here": _("Drag and drop files here"),
        "Drag and drop file here": _("Drag and drop file here"),
        "{size} per file": _("{size} per file"),
        "file upload": _("file upload"),
        "Add files": _("Add files"),
        "File must be {size} or smaller.": _("File must be {size} or smaller."),
        "{kind} files are not allowed.": _("{kind} files are not allowed."),
        "AxiosError: Request failed with status code 413": _("Too many files; remove some first."),
        "Request failed with status code 413": _("Too many files; remove some first."),
        "Help for {name}": _("Help for {name}"),
        "Take Photo": _("Take Photo"),
        "Clear photo": _("Clear photo"),
        "Switch camera": _("Switch camera"),
        "This app would like to use your camera.": _("This app would like to use your camera."),
        "Learn how to allow access.": _("Learn how to allow access."),
        "Remove {file}": _("Remove {file}"),
        # Tables.
        "Search": _("Search"),
        "Fullscreen": _("Fullscreen"),
        "Close fullscreen": _("Close fullscreen"),
        "Download as CSV": _("Download as CSV"),
        "Download as PNG": _("Download as PNG"),
        "Show/hide columns": _("Show/hide columns"),
        "Search: {table}": _("Search: {table}"),
        "Fullscreen: {table}": _("Fullscreen: {table}"),
        "Download as CSV: {table}": _("Download as CSV: {table}"),
        "Show/hide columns: {table}": _("Show/hide columns: {table}"),
        "Show data: {chart}": _("Show data: {chart}"),
        "Show chart: {chart}": _("Show chart: {chart}"),
        "Download as PNG: {chart}": _("Download as PNG: {chart}"),
        "Copy Vega-Lite spec: {chart}": _("Copy Vega-Lite spec: {chart}"),
        "progress": _("progress"),
        "Show data": _("Show data"),
        "Show chart": _("Show chart"),
        "Copy to clipboard": _("Copy to clipboard"),
        "No results": _("No results"),
        "Select...": _("Select..."),
        "Choose an option": _("Choose an option"),
        "Clear value": _("Clear value"),
        "Clear all": _("Clear all"),
        "Press Enter to apply": _("Press Enter to apply"),
        "Increment": _("Increment"),
        "Decrement": _("Decrement"),
        "Open": _("Open"),
    }
