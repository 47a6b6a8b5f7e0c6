"""No module imports from a floor above its own: what .importlinter says, checked by import-linter."""

import subprocess
import sys

import pytest

from tests.browser import ROOT


def test_no_import_runs_upwards():
    program = "import sys; from importlinter.cli import lint_imports_command; lint_imports_command()"
    checked = subprocess.run(
        [sys.executable, "-c", program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "0 broken" in checked.stdout


@pytest.mark.parametrize("page", ["draw.py", "numbers.py", "teach.py"])
def test_no_page_imports_tensorflow_while_the_network_is_loaded(page):
    """Two threads that import it at once find half of it, and one of the two is the thread that loads the network."""
    program = f"""
import sys

import pytest
from concurrent.futures import Future
from streamlit.testing.v1 import AppTest
from app_pages.parts import network
from model.data.examples import one_of_each
from model.reading.taught import Examples
network.recognizer = Future
app = AppTest.from_file({str(ROOT / "app_pages" / "menu.py")!r}, default_timeout=120)
app.session_state["lesson"] = Examples(one_of_each()[:1], ("★",))
app.switch_page({page!r}).run()
assert not app.exception and app.get("bidi_component")
assert "tensorflow" not in sys.modules and "keras" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
