"""The app without a browser, by Streamlit's own AppTest: what tests of its pages share."""

import io
import json
from concurrent.futures import Future

import numpy as np
from PIL import Image
from streamlit.testing.v1 import AppTest

from app_pages.parts import network
from model.ink.strokes import draw, parse, placed
from tests.browser import CROSSED_SEVEN, ROOT


def use(monkeypatch, recognizer) -> None:
    """Has all pages use this recogniser, as if it had been loaded."""
    future = Future()
    future.set_result(recognizer)
    monkeypatch.setattr(network, "recognizer", lambda: future)


def open_page(ink: np.ndarray | None = None, path: str = "draw.py") -> AppTest:
    """The page at `path` for a visitor who has drawn `ink`."""
    app = AppTest.from_file(str(ROOT / "app_pages" / "menu.py"), default_timeout=60)
    app.run()
    if ink is not None:
        app.session_state["ink"] = ink
    app.switch_page(path).run()
    assert not app.exception
    return app


def seven() -> np.ndarray:
    return draw(placed(parse(CROSSED_SEVEN), 170, (140, 140)), 18)


def told(app: AppTest, key: str) -> dict:
    """What the component with this key is told."""
    return next(
        json.loads(element.proto.json) for element in app.get("bidi_component") if element.proto.id.endswith(key)
    )


def shown(app: AppTest, key: str) -> dict:
    """The answer that the component with this key is told to show."""
    return told(app, key)["answer"]


def button(app: AppTest, label: str):
    return next(button for button in app.button if button.label == label)


def encoded(ink: np.ndarray) -> bytes:
    """Ink as the canvas sends it: a PNG whose alpha is the ink."""
    pixels = np.zeros((*ink.shape, 4), np.uint8)
    pixels[..., 3] = ink
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()
