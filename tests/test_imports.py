"""No module imports from a floor above its own: what .importlinter says, checked by import-linter."""

import subprocess
import sys

from tests.browser import ROOT


def test_no_import_runs_upwards():
    program = "import sys; from importlinter.cli import lint_imports_command; lint_imports_command()"
    checked = subprocess.run(
        [sys.executable, "-c", program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "0 broken" in checked.stdout
