"""A network as somebody puts it together: what its layers make and cost, what cannot be, and the program that makes it."""

import re
from dataclasses import replace

import pytest

from model.networks import stack
from model.networks.stack import (
    PRESETS,
    Convolution,
    Dense,
    Dropout,
    Plan,
    PlanError,
    Pooling,
    program,
    rows_of,
)

TEXTBOOK = Plan(PRESETS["The textbook's CNN"])


def test_each_layer_says_what_it_makes_and_costs():
    rows = rows_of(TEXTBOOK.layers)
    assert [row.shape for row in rows] == [(26, 26, 32), (13, 13, 32), (11, 11, 64), (5, 5, 64), (10,)]
    assert [row.weights for row in rows] == [320, 0, 18_496, 0, 16_010]
    assert rows[0].products == 26 * 26 * 9 * 32
    assert rows[-1].layer is None


def test_a_network_without_layers_has_the_last_one():
    (row,) = rows_of(())
    assert (row.shape, row.weights, row.products, row.problem) == ((10,), 7_850, 7_840, None)


@pytest.mark.parametrize(
    ("layers", "at", "said"),
    [
        ((Dense(64), Convolution(8)), 1, "needs maps"),
        ((Dense(64), Dropout(0.5), Pooling()), 2, "needs maps"),
        ((Pooling("max", 4), Pooling("max", 4), Convolution(8, 5)), 2, "A kernel of 5 × 5 does not fit on maps of 1 × 1"),
        ((Pooling("mean", 4), Pooling("max", 4), Pooling("max", 2)), 2, "too small to pool 2 × 2"),
    ],
)
def test_what_cannot_be_says_why_and_what_comes_after_is_not_known(layers, at, said):
    rows = rows_of((*layers, Dense(16)))
    assert [bool(row.problem) for row in rows] == [index == at for index in range(len(rows))]
    assert said in str(rows[at].problem)
    assert all(row.shape is None for row in rows[at:])
    with pytest.raises(PlanError, match=re.escape(str(rows[at].problem))):
        Plan(layers).check()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"layers": (Dense(16),) * 17}, "16 layers"),
        ({"layers": (Dense(512),) * 8}, "weights"),
        ({"layers": (Convolution(128, 3), Convolution(128, 3))}, "multiplications"),
        ({"pictures": 59_000, "epochs": 50}, "too long for a lesson"),
        ({"pictures": 99}, "pictures may be 100 to 59000"),
        ({"epochs": 0}, "epochs may be 1 to 50"),
        ({"learning_rate": float("nan")}, "learning_rate"),
        ({"digits": (3,)}, "two digits"),
        ({"digits": (3, 11)}, "two digits"),
        ({"optimizer": "lion"}, "no such optimiser"),
        ({"source": "/etc/passwd"}, "no such"),
    ],
)
def test_what_is_too_much_or_is_not_there_is_refused_in_a_sentence(values, said):
    with pytest.raises(PlanError, match=said):
        replace(TEXTBOOK, **values).check()


def test_all_presets_can_be_trained():
    for layers in PRESETS.values():
        Plan(layers).check()
    Plan(PRESETS["The textbook's CNN"], pictures=59_000, epochs=5).check()


def test_the_program_is_one_and_says_what_the_plan_says():
    plan = replace(TEXTBOOK, penalty=1e-3, turn=15.0, flip=True, optimizer="sgd", digits=(1, 7), epochs=3)
    text = program(plan)
    compile(text, "network.py", "exec")
    for part in ("Conv2D(32, 3", "L2(0.001)", "RandomFlip", "RandomRotation", "SGD(0.001)", "[1, 7]", "epochs=3"):
        assert part in text
    assert "augment" not in program(TEXTBOOK)
    assert "L2" not in program(TEXTBOOK)


def test_no_program_is_made_of_pictures_that_it_would_not_have():
    with pytest.raises(PlanError, match="MNIST alone"):
        program(replace(TEXTBOOK, source="own"))


def test_it_needs_no_tensorflow():
    import subprocess
    import sys

    program = f"import sys, {stack.__name__}; assert not {{'keras', 'tensorflow'}} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)
