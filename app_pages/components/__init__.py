"""What runs in the browser, and its Python doors.

Scripts are modules that a browser fetches once and keeps: a run of a page sends their address, not their text. The
address holds a digest of all of them, so that a new version is fetched and an old one never mixed with it.
"""

import hashlib
import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import streamlit as st

from model.data.examples import EXAMPLES
from model.ink.strokes import parse

_HERE = Path(__file__).parent
# The canvas of streamlit-drawable-canvas, which canvas/sheet.js wraps; found without importing it, which would register a
# component that is not used.
_DRAWABLE = Path(find_spec("streamlit_drawable_canvas").origin).parent / "frontend" / "build"

TYPES = {".js": "text/javascript", ".css": "text/css"}


def _contents() -> dict[str, bytes]:
    """The scripts and the style of the pages. The canvas stands in a shadow root and has a style of its own: as a module, so
    that it is there before the canvas is, which would else change its size under a pen that is quick."""
    script, style = (next(_DRAWABLE.glob(f"index-*{kind}")).read_bytes() for kind in TYPES)
    scripts = {path.relative_to(_HERE).as_posix(): path.read_bytes() for path in sorted(_HERE.rglob("*.js"))}
    styles = {path: path.read_bytes() for path in sorted(_HERE.rglob("*.css"))}
    canvas = [style, *(text for path, text in styles.items() if path.parent.name == "canvas")]
    pages = [text for path, text in styles.items() if path.parent.name != "canvas"]
    made = {"digits.js": _digits(), "canvas-style.js": _style(b"\n".join(canvas)), "pages.css": b"\n".join(pages)}
    return scripts | {"drawable-canvas.js": script} | made


def _digits() -> bytes:
    """Our own digits as a module: label → drawings, each a list of strokes on a page of 10 × 10."""
    digits = {
        label: [[np.round(stroke, 2).tolist() for stroke in parse(text)] for text in texts] for label, texts in EXAMPLES.items()
    }
    return f"export default {json.dumps(digits, separators=(',', ':'))}".encode()


def _style(text: bytes) -> bytes:
    """A style as a module, which gives a CSSStyleSheet."""
    lines = ("const style = new CSSStyleSheet()", f"style.replaceSync({json.dumps(text.decode())})", "export default style")
    return "\n".join(lines).encode()


ASSETS = _contents()  # path below `ADDRESS` → content
ADDRESS = f"assets/{hashlib.sha256(b''.join(ASSETS.values())).hexdigest()[:12]}"
STYLE = f"{ADDRESS}/pages.css"


def component(name: str, *, isolated: bool = False):
    """The component whose files are `name`.html and .js.

    Args:
        isolated: whether it stands in a shadow root, which the pages' style does not reach. Otherwise its text is found by the
            browser's search and by screen readers' lists.
    """
    return st.components.v2.component(
        f"digits_{name.replace('/', '_')}",
        html=(_HERE / f"{name}.html").read_text(encoding="utf-8"),
        js=(
            f'const address = new URL("{ADDRESS}/{name}.js", document.baseURI)\n'
            "export default async component => (await import(address)).default(component)\n"
        ),
        isolate_styles=isolated,
    )
