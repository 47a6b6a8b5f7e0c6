"""The app without a browser, by Streamlit's own AppTest: what tests of its pages share."""

import json
from concurrent.futures import Future

import numpy as np
from streamlit.testing.v1 import AppTest

from app_pages.parts import network
from model.ink.strokes import draw, parse, placed
from tests.browser import CROSSED_SEVEN, ROOT


def use(monkeypatch, recognizer) -> None:
    """Has all pages use this recogniser, as if it had been loaded."""
    future = Future()
    future.set_result(recognizer)
    monkeypatch.setattr(network, "recognizer", lambda: future)


def open_page(ink: np.ndarray | None = None, path: str = "app_pages/draw.py") -> AppTest:
    """The page at `path` for a visitor who has drawn `ink`."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.run()
    if ink is not None:
        app.session_state["ink"] = ink
    app.switch_page(path).run()
    assert not app.exception
    return app


def seven() -> np.ndarray:
    return draw(placed(parse(CROSSED_SEVEN), 170, (140, 140)), 18)


def shown(app: AppTest, key: str) -> dict:
    """What the component with this key is told to show."""
    return next(
        json.loads(element.proto.json) for element in app.get("bidi_component") if element.proto.id.endswith(key)
    )


def button(app: AppTest, label: str):
    return next(button for button in app.button if button.label == label)
