"""The states of the page "Train your own", without a browser and without a process that trains."""

from dataclasses import replace

import numpy as np
import pytest

from app_pages.parts import classroom, jobs, own
from app_pages.parts.jobs import Job, Trainer
from model.networks.experiments import EXPERIMENTS
from model.networks.stack import PRESETS, Convolution, Dense, Plan, Pooling
from tests.apptest import button, open_page, seven, shown, told

PATH = "train.py"


@pytest.fixture
def begun(monkeypatch):
    """The trainings that were begun; none of them trains."""
    found = []
    monkeypatch.setattr(Trainer, "start", lambda self, job: found.append(job))
    return found


@pytest.fixture
def app(awake, begun, mnist):  # fetched, if need be: without it the page offers to fetch it
    return open_page(path=PATH)


def plan(app) -> Plan:
    return app.session_state["own_plan"]


def pressed(app, label: str):
    button(app, label).click().run()
    assert not app.exception
    return app


def at(app, part: str):
    app.button_group(key="training_part").set_value(part).run()
    assert not app.exception
    return app


def texts(app) -> str:
    return "\n".join(one.value for one in app.markdown)


def labels_of(app) -> list[str]:
    return [one.label for one in app.button]


def after(job: Job, epochs: int, learnt=0.9, new=0.88, loss=0.4) -> Job:
    """A training that has come so far."""
    job.status = "training"
    job._hear({"kind": "begun", "shown": (np.zeros((2, 28, 28), np.uint8), np.array([3, 7])), "kernels": np.ones((3, 3, 4))})
    for number in range(1, epochs + 1):
        job._hear({"kind": "step", "at": number - 0.5, "loss": 1.0, "accuracy": 0.5})
        values = {"loss": 0.5, "accuracy": learnt, "val_loss": loss, "val_accuracy": new, "seconds": 1.5}
        answers = np.full((2, 10), 0.02) + 0.8 * np.eye(10)[[3, 1]]
        told = {"values": values, "done": number, "answers": answers, "kernels": np.zeros((3, 3, 4)), "content": b"network"}
        job._hear({"kind": "epoch", **told})
    return job


def test_it_begins_with_the_textbook_s_network(app):
    assert plan(app).layers == PRESETS["The textbook's CNN"]
    assert app.button_group(key="own_preset").value == "The textbook's CNN"
    said = texts(app)
    for words in ("1 · Convolution", "26 × 26 × 32 maps · 320 weights", "ten probabilities", "10 values · 16,010 weights"):
        assert words in said
    assert "In all 34,826 weights, of 1,500,000 at the most" in app.caption[0].value
    assert not app.error


def test_presets_and_layers_are_put_together_by_tapping(app):
    app.button_group(key="own_preset").set_value("Empty").run()
    assert plan(app).layers == ()
    pressed(app, "Convolution")
    pressed(app, "Pooling")
    app.selectbox(key="own_0_filters").set_value(8).run()
    app.selectbox(key="own_1_kind").set_value("mean").run()
    assert plan(app).layers == (Convolution(8), Pooling("mean"))
    app.button(key="own_Down_0").click().run()
    assert plan(app).layers == (Pooling("mean"), Convolution(8))
    assert app.selectbox(key="own_1_filters").value == 8
    app.button(key="own_Up_1").click().run()
    app.button(key="own_out_1").click().run()
    assert plan(app).layers == (Convolution(8),)
    assert app.button_group(key="own_preset").value is None


def test_what_cannot_work_says_why_before_it_is_run(app):
    app.button_group(key="own_preset").set_value("One dense layer").run()
    pressed(app, "Convolution")
    (error,) = app.error
    assert "needs maps" in error.value
    assert button(app, "Train it").disabled
    app.button(key="own_out_1").click().run()
    assert not app.error
    assert not button(app, "Train it").disabled


def test_what_it_learns_from_can_be_chosen(app, begun):
    app.button_group(key="own_source").set_value("own").run()
    app.select_slider(key="own_pictures").set_value(100).run()
    app.button_group(key="own_digits").set_value([1, 7]).run()
    app.slider(key="own_epochs").set_value(9).run()
    app.select_slider(key="own_learning_rate").set_value(0.1).run()
    app.toggle(key="own_flip").set_value(True).run()
    app.slider(key="own_turn").set_value(15.0).run()
    pressed(app, "Train it")
    (job,) = begun
    assert job.plan == replace(
        Plan(PRESETS["The textbook's CNN"]),
        source="own", pictures=100, digits=(1, 7), epochs=9, learning_rate=0.1, flip=True, turn=15.0,
    )  # fmt: skip


def test_a_class_s_digits_are_learnt_from(app, begun, monkeypatch):
    monkeypatch.setattr(classroom, "_classes", {})
    app.button_group(key="own_source").set_value("class").run()
    assert "no names" in texts(app)
    pressed(app, "Begin a class")
    (room,) = classroom._classes.values()
    assert room.code in "".join(one.proto.body for one in app.get("html"))
    assert "Pictures: **0**" in texts(app)
    for pupil in range(19):
        room.hand_in(f"pupil {pupil}", seven(), "17"[pupil > 8])
    app.run()
    assert "Pictures: **19**" in texts(app)
    assert [(group["label"], group["words"]) for group in told(app, "gallery")["groups"]] == [("1", "9"), ("7", "10")]
    assert "too little" in app.error[0].value
    assert button(app, "Train it").disabled
    room.hand_in("one more", seven(), "7")
    app.run()
    assert not app.error
    pressed(app, "Train it")
    images, labels = begun[0].handed
    assert (len(images), np.bincount(labels).tolist()) == (20, [0, 9, 0, 0, 0, 0, 0, 11])
    pressed(app, "End the class")
    assert not classroom._classes
    assert "Begin a class" in labels_of(app)


def test_without_room_for_another_class_that_is_said(app, monkeypatch):
    monkeypatch.setattr(classroom, "MOST_CLASSES", 0)
    app.button_group(key="own_source").set_value("class").run()
    pressed(app, "Begin a class")
    assert "too many classes" in app.warning[0].value


def test_of_one_digit_nothing_is_learnt(app):
    app.button_group(key="own_digits").set_value([4]).run()
    assert "two digits" in app.error[0].value


def test_the_plan_stays_while_another_page_is_looked_at(app):
    app.select_slider(key="own_pictures").set_value(500).run()
    app.switch_page("draw.py").run()
    app.switch_page(PATH).run()
    assert plan(app).pictures == 500
    assert app.select_slider(key="own_pictures").value == 500


def test_a_training_is_watched(app, begun):
    pressed(app, "Train it")
    (job,) = begun
    app.run()
    assert button(app, "Train it").disabled
    after(job, 2)
    app.run()
    assert "Epoch 2 of 5" in str(app.get("progress")[0].proto.text)
    assert "After epoch 2 it reads **88.0%** of new pictures right." in texts(app)
    assert len(app.get("vega_lite_chart")) == 2
    assert "Pause" in labels_of(app)
    (pictures,) = [one.proto.body for one in app.get("html") if "dd-own" in one.proto.body]
    assert pictures.count("<figure") == 2
    assert 'dd-own-sure"><img alt="a 3"' in pictures
    assert 'dd-own-other"><img alt="a 7"' in pictures


def test_overfitting_is_named_when_the_numbers_say_so(app, begun):
    pressed(app, "Train it")
    after(begun[0], 3, learnt=0.999, new=0.85)
    app.run()
    assert "by heart" in texts(app)
    for number, values in enumerate(begun[0].epochs):
        values |= {"accuracy": 0.9, "val_loss": 0.3 + 0.1 * number}
    app.run()
    assert "rises again" in texts(app)


def test_a_training_that_waits_says_how_many_are_before_it(app, begun, monkeypatch):
    monkeypatch.setattr(Trainer, "ahead", lambda self, job: 3)
    pressed(app, "Train it")
    app.run()
    assert "3 before it" in str(app.get("progress")[0].proto.text)


def test_a_training_that_failed_says_what_is_kept(app, begun):
    pressed(app, "Train it")
    after(begun[0], 1)._end("failed", jobs.KILLED)
    begun[0].content = b""
    app.run()
    assert any(jobs.KILLED in error.value for error in app.error)


@pytest.mark.parametrize("number", range(len(EXPERIMENTS)))
def test_the_guided_way_leads_through_plans_that_can_be_trained(app, begun, number):
    app.button_group(key="own_experiment").set_value(number).run()
    experiment = EXPERIMENTS[number]
    assert experiment.question in texts(app)
    assert experiment.found in texts(app)
    for step, chosen in enumerate(experiment.plans.values(), 1):
        app.button(key=f"own_plan_{number}_{step}").click().run()
        assert not app.exception
        assert plan(app) == chosen
        assert not button(app, "Train it").disabled


def test_runs_are_compared(app, begun):
    for pictures in (100, 2_000):
        app.select_slider(key="own_pictures").set_value(pictures).run()
        pressed(app, "Train it")
        job = after(begun[-1], 2)
        job.content = b""
        matrix = np.diag([3] * 10) + np.eye(10, k=1, dtype=int)
        spoilt = {"noise": [0.9, 0.8, 0.7, 0.6, 0.5, 0.4], "elastic": [0.9, 0.9, 0.9, 0.9, 0.8, 0.7]}
        job.scores = spoilt | {"mnist": (90, 100), "mnist_matrix": matrix, "pens": (30, 60), "pens_matrix": matrix}
        job._end("done")
        app.run()
    app = at(app, "compare")
    table = app.dataframe[0].value
    assert table["run"].tolist() == ["Run 1", "Run 2"]
    assert table["pictures"].tolist() == [100, 2_000]
    assert table["MNIST's strangers"].tolist() == [0.9, 0.9]
    assert table["pen writers"].tolist() == [0.5, 0.5]
    assert "**Run 1** reads most of the pen writers right." in texts(app)
    each, confusions = (one.value for one in app.dataframe[1:])
    assert each["recall"].tolist() == [0.75] * 9 + [1.0]
    assert confusions["read as 1"].tolist()[:3] == [1, 3, 0]
    assert [(one.label, one.value) for one in app.metric] == [("Run 1", "90%"), ("Run 2", "90%")]
    app.slider(key="own_spoilt_level").set_value(5).run()
    assert {one.value for one in app.metric} == {"40%"}
    app.button_group(key="own_spoilt").set_value("elastic").run()
    assert {one.value for one in app.metric} == {"70%"}


@pytest.fixture
def trained(app, begun):
    """The page of a visitor whose training is done, with a network that was built in earnest."""
    import io
    import zipfile

    from model.networks.own import build

    small = Plan((Convolution(4), Pooling("max", 4), Dense(16)))
    app.session_state["own_plan"] = small
    app.run()
    pressed(app, "Train it")
    job = after(begun[0], 1)
    network = build(small)
    job.content = jobs._saved(network)
    assert zipfile.is_zipfile(io.BytesIO(job.content))
    job._end("done")
    app.run()
    assert not app.exception
    return at(app, "use")


def test_the_network_can_be_drawn_with_here_and_on_other_pages(trained):
    app = pressed(trained, "Draw with it")
    app.session_state["ink"] = seven()
    app.run()
    mine = app.session_state["own"].recognizer
    assert len(mine.network.layers) == 5
    assert np.allclose(app.session_state["prediction"].probabilities, mine.recognize(seven()).probabilities, atol=1e-5)
    app.toggle(key="with_own_switch").set_value(True).run()
    app.switch_page("draw.py").run()
    assert app.session_state["prediction_by"] is mine
    app.toggle(key="with_own_switch").set_value(False).run()
    assert app.session_state["prediction_by"] is not mine
    assert shown(app, "answer_view")["headline"] == "7"


def test_from_the_curve_it_is_one_press_to_draw_with_it(trained):
    app = pressed(at(trained, "build"), "Draw with it")
    assert [header.value for header in app.header] == ["Use it"]
    assert "own" in app.session_state


def test_before_a_training_the_other_parts_say_what_will_be_there(app):
    assert "nothing to compare yet" in texts(at(app, "compare"))
    assert "no trained network yet" in texts(at(app, "use"))


def test_look_inside_looks_into_it(trained):
    app = pressed(trained, "Draw with it")
    app.toggle(key="with_own_switch").set_value(True).run()
    app.session_state["ink"] = seven()
    app.switch_page("inside.py").run()
    assert not app.exception
    mine = app.session_state["own"].recognizer.network
    app.button_group(key="step").set_value("deeper").run()
    assert told(app, "sheet")["sheets"][0]["count"] == mine.layers[0].output.shape[-1]
    assert f"?taught={app.session_state['own'].token}&" in told(app, "canvas_view")["live"]


def test_it_can_be_taken_away(trained):
    names = [one.proto.label for one in trained.get("download_button")]
    assert names == ["The network", "The program", "The run as CSV"]


def test_without_mnist_it_is_offered_and_our_own_drawings_do(awake, begun, monkeypatch):
    monkeypatch.setattr("model.data.dataset.on_this_machine", lambda data: None)
    app = open_page(path=PATH)
    assert "Fetch the pictures" in labels_of(app)
    assert "Train it" not in labels_of(app)
    app.button_group(key="own_source").set_value("own").run()
    assert "Train it" in labels_of(app)


def test_nobody_answers_in_place_of_the_shared_network_without_a_switch(awake):
    assert own.answering() is None
