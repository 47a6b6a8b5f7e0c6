"""Trainings of visitors: they take turns, can be paused and ended, and one that dies takes nothing and nobody with it."""

import multiprocessing
import os
import signal
import time
from dataclasses import replace

import numpy as np
import pytest

from app_pages.parts import jobs
from app_pages.parts.jobs import Job, Trainer
from model.networks.stack import Convolution, Dense, Plan, PlanError, Pooling

PLAN = Plan((Convolution(8), Pooling("max", 4)), source="own", pictures=200, epochs=2)
LONG = replace(PLAN, epochs=50, pictures=2_000, batch=16)
PATIENCE = 300  # seconds; a busy machine is slow, not wrong

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of forking where there are threads


def awaited(condition, what: str) -> None:
    """Waits until it holds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.02)


@pytest.fixture
def trainer():
    made = Trainer(at_once=2)
    yield made
    made.stop()
    awaited(lambda: not made._running, "the trainings end")


def started(trainer, plan=PLAN, **values) -> Job:
    job = Job(plan, **values)
    trainer.start(job)
    return job


def test_a_training_tells_its_steps_its_epochs_and_its_network(trainer, tmp_path):
    import keras

    job = started(trainer)
    awaited(lambda: job.is_over, "it ends")
    assert (job.status, job.problem) == ("done", "")
    assert [at for at, _, _ in job.steps] == sorted(at for at, _, _ in job.steps)
    assert job.steps[-1][0] == 2
    assert [set(values) for values in job.epochs] == [{"loss", "accuracy", "val_loss", "val_accuracy", "seconds"}] * 2
    images, labels = job.shown
    assert images.shape == (16, 28, 28)
    assert len(labels) == 16
    assert job.answers.shape == (16, 10)
    np.testing.assert_allclose(job.answers.sum(axis=1), 1, atol=1e-4)
    before, now = job.kernels
    assert before.shape == now.shape == (3, 3, 8)
    assert (before != now).any()
    (tmp_path / "network.keras").write_bytes(job.content)
    network = keras.saving.load_model(tmp_path / "network.keras")
    np.testing.assert_allclose(network(images[..., None] / np.float32(255)).numpy(), job.answers, atol=1e-3)


def test_it_is_scored_with_strangers_pictures(trainer):
    job = started(trainer, replace(PLAN, digits=(0, 1)))
    awaited(lambda: job.is_over, "it ends")
    for name in ("mnist", "pens"):
        right, count = job.scores[name]
        matrix = job.scores[f"{name}_matrix"]
        assert matrix.sum() == count > 90
        assert matrix.trace() == right
        assert matrix[2:].sum() == 0
    for kind in jobs.SPOILT:
        shares = job.scores[kind]
        assert len(shares) == 6
        assert len(set(shares)) > 1
        assert 0 <= min(shares) <= max(shares) <= 1


def test_one_more_epoch_goes_on_with_the_same_network(trainer):
    first = started(trainer)
    awaited(lambda: first.is_over, "it ends")
    more = started(trainer, replace(PLAN, epochs=3), done=first.done, content=first.content)
    awaited(lambda: more.is_over, "it ends, too")
    assert (more.status, more.done, len(more.epochs)) == ("done", 3, 1)
    assert np.array_equal(more.kernels[0], first.kernels[1])
    assert more.epochs[0]["loss"] < first.epochs[0]["loss"]


def test_a_training_pauses_goes_on_and_stops(trainer):
    job = started(trainer, LONG)
    awaited(lambda: job.epochs, "it trains")
    job.pause()
    assert job.status == "paused"
    awaited(lambda: _is_still(job), "it pauses")
    paused = len(job.steps)
    job.go_on()
    awaited(lambda: len(job.steps) > paused, "it goes on")
    job.stop()
    awaited(lambda: job.is_over, "it stops")
    assert job.status == "stopped"
    assert job.content
    awaited(lambda: not job._process.is_alive(), "its process is gone")


def _is_still(job) -> bool:
    """Whether it tells nothing for as long as it takes to tell three steps."""
    before = len(job.steps)
    time.sleep(4 * jobs.TOLD_EVERY)
    return len(job.steps) == before


def test_those_for_whom_there_is_no_room_wait_for_their_turn(trainer):
    first, second = started(trainer, LONG), started(trainer, LONG)
    third, fourth = started(trainer), started(trainer)
    assert (third.status, fourth.status) == ("waiting", "waiting")
    assert (trainer.ahead(third), trainer.ahead(fourth)) == (0, 1)
    third.stop()
    assert third.status == "stopped"
    first.stop()
    awaited(lambda: fourth.is_over, "the fourth has had its turn")
    assert fourth.status == "done"
    assert third.status == "stopped"
    assert second.is_running


def test_a_process_that_is_killed_costs_its_own_training_alone(trainer, caplog):
    job, other = started(trainer, LONG), started(trainer, LONG)
    awaited(lambda: job.epochs and other.epochs, "both train")
    os.kill(job._process.pid, signal.SIGKILL)
    awaited(lambda: job.is_over, "it is told")
    assert (job.status, job.problem) == ("failed", jobs.KILLED)
    assert "ended with exit code -9" in caplog.text
    assert len(job.epochs) == job.done > 0
    assert job.content
    steps = len(other.steps)
    awaited(lambda: len(other.steps) > steps, "the other goes on")
    after = started(trainer)
    awaited(lambda: after.is_over, "the next one has its turn")
    assert after.status == "done"


class Who:
    """One who trains, as far as turns go."""

    def __init__(self):
        self.turns = 0
        self.is_dead = False

    def send_bytes(self, said):
        if self.is_dead:
            raise BrokenPipeError
        assert said == jobs.GO
        self.turns += 1


def test_turns_come_in_the_order_in_which_they_are_asked_for():
    turns = jobs.Turns(1)
    first, second, third = (Who() for _ in range(3))
    counts = []
    for step in [
        lambda: turns.ask(first),
        lambda: turns.ask(second),
        lambda: turns.ask(third),
        lambda: turns.ask(first),  # it has had its turn, and comes behind the others
        lambda: turns.ask(second),
        lambda: turns.leave(third),
        lambda: turns.leave(second),  # before its turn
        lambda: turns.ask(first),  # there is nobody else
    ]:
        step()
        counts.append((first.turns, second.turns, third.turns))
    assert counts == [(1, 0, 0)] * 3 + [(1, 1, 0), (1, 1, 1), (2, 1, 1), (2, 1, 1), (3, 1, 1)]


def test_as_many_have_a_turn_at_once_as_there_may_be_and_none_who_is_dead():
    turns = jobs.Turns(2)
    first, second, dead, last = (Who() for _ in range(4))
    dead.is_dead = True
    for who in (first, second, dead, last):
        turns.ask(who)
    assert (first.turns, second.turns, last.turns) == (1, 1, 0)
    turns.leave(first)
    assert last.turns == 1


def _tell_for_long(asking):
    turn = jobs.Turn(asking)
    turn.take()
    with turn.kept():
        time.sleep(3 * jobs.TURN)
        asking.send_bytes(b"told")
    time.sleep(PATIENCE)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there are no turns on Windows")
def test_no_turn_ends_while_something_is_told_and_each_does_after_it():
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_tell_for_long, args=(theirs,), daemon=True)
    process.start()
    said = []
    for _ in range(4):
        assert ours.poll(PATIENCE)
        said.append(ours.recv_bytes())
        if said[-1] == jobs.ASK:
            ours.send_bytes(jobs.GO)
    process.kill()
    assert said == [jobs.ASK, b"told", jobs.ASK, jobs.ASK]


class AlreadyDone:
    """In place of `multiprocessing`'s contexts: a process that has told that it is done before anybody listens."""

    Pipe = staticmethod(multiprocessing.Pipe)

    def Process(self, target, args, daemon):  # noqa: N802
        self._told = args[0]
        return self

    def start(self):
        self._told.send({"kind": "done"})

    def join(self, seconds=None):
        pass

    kill = join


def test_a_training_that_was_stopped_is_not_done_after_all(monkeypatch):
    monkeypatch.setattr(jobs, "processes_context", AlreadyDone)
    job = Job(PLAN)
    job._wanted.clear()
    jobs._watched(job, jobs.Turns(1), 1)
    assert job.status == "stopped"


def test_a_loss_that_is_no_number_is_told(trainer):
    job = started(trainer, replace(LONG, optimizer="sgd", learning_rate=10.0, layers=(Dense(512), Dense(512))))
    awaited(lambda: job.is_over, "it ends")
    assert (job.status, job.problem) == ("failed", jobs.NO_NUMBERS)


def test_what_cannot_be_trained_is_not_begun(trainer):
    with pytest.raises(PlanError):
        started(trainer, replace(PLAN, digits=(1,)))
    assert not trainer._running


def test_a_visitor_who_leaves_ends_the_training(trainer, monkeypatch):
    monkeypatch.setattr(jobs, "LINGER", 0.1)
    monkeypatch.setattr(jobs, "is_here", lambda session: session == "who stays")
    job, other = started(trainer, LONG, session="who leaves"), started(trainer, LONG, session="who stays")
    awaited(lambda: job.is_over and other.epochs, "it ends")
    assert job.status == "stopped"
    assert other.is_running


def test_a_curve_does_not_grow_without_end(monkeypatch):
    monkeypatch.setattr(jobs, "MOST_STEPS", 100)
    job = Job(PLAN)
    for number in range(1_000):
        job._hear({"kind": "step", "at": number / 100, "loss": 1.0, "accuracy": 0.5})
    assert len(job.steps) <= 100
    assert job.steps[0][0] == 0
    assert job.steps[-1][0] == 9.99
