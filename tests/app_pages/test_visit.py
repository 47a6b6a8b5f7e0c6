"""How a visit begins, also where the run that began it is ended at any use of the session."""

import pytest

from app_pages.parts import sheet, visit


class Ended(Exception):
    """As Streamlit ends a run when another one is asked for."""


class Session(dict):
    """As Streamlit's session, which may end the run whenever it is used: here at the use of this number."""

    ends_at = 0

    def _use(self):
        self.__dict__["uses"] = self.__dict__.get("uses", 0) + 1
        if self.__dict__["uses"] == self.ends_at:
            raise Ended

    def __setitem__(self, name, value):
        self._use()
        super().__setitem__(name, value)

    def __getitem__(self, name):
        self._use()
        return super().__getitem__(name)

    def __contains__(self, name):
        self._use()
        return super().__contains__(name)

    def setdefault(self, name, value):
        self._use()
        return super().setdefault(name, value)

    __setattr__, __getattr__ = __setitem__, __getitem__


def begun(monkeypatch, session) -> Session:
    for module in (visit, sheet):
        monkeypatch.setattr(module, "state", session)
    visit.start()
    return session


def test_a_run_that_is_ended_while_a_visit_begins_leaves_the_next_one_to_begin_it(monkeypatch):
    whole = set(begun(monkeypatch, Session()))
    assert {"ink", "order", "number_ink", "teach_order", "class_order", "prediction_by", "tally"} <= whole
    for use in range(1, 200):
        session = Session()
        session.__dict__["ends_at"] = use
        try:
            begun(monkeypatch, session)
            break
        except Ended:
            assert set(begun(monkeypatch, session)) == whole
    assert 30 < use < 199


def test_a_visit_begins_once(monkeypatch):
    session = begun(monkeypatch, Session())
    session["ink"] = "a drawing"
    visit.start()
    assert session["ink"] == "a drawing"


@pytest.mark.parametrize("one", [visit.SHEET, visit.NUMBER_SHEET, visit.TEACH_SHEET, visit.CLASS_SHEET])
def test_each_sheet_has_names_of_its_own(monkeypatch, one):
    monkeypatch.setattr(sheet, "state", Session())
    one.start()
    assert one.started
    assert all(name.startswith(one.prefix) for name in sheet.state)
