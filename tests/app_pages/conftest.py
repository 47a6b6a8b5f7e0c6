"""What tests of the pages share."""

import pytest

from tests.apptest import use


@pytest.fixture
def awake(recognizer, monkeypatch):
    """The network is loaded."""
    use(monkeypatch, recognizer)
