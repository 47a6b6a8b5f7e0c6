"""Loading alone; what a recogniser asks of its network, tests/model/reading/test_recognizer.py tries."""

import keras
import numpy as np
import pytest

from model.networks.weights import WeightsError, load_network
from model.replacing import FINISHED


@pytest.fixture
def network():
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])


@pytest.mark.parametrize("as_path", [str, lambda path: path])
def test_a_network_is_loaded_as_it_was_saved(tmp_path, network, as_path):
    network.save(tmp_path / "some.keras")
    loaded = load_network(as_path(tmp_path / "some.keras"))
    for one, other in zip(loaded.get_weights(), network.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_finished_network_is_loaded_before_it_is_in_its_place(tmp_path, network):
    (tmp_path / FINISHED).mkdir()
    network.save(tmp_path / FINISHED / "some.keras")
    (tmp_path / "some.keras").write_bytes(b"from before")
    assert load_network(tmp_path / "some.keras").output_shape == (None, 2)


def test_a_missing_network_is_named(tmp_path):
    with pytest.raises(WeightsError, match="no weights at none.keras"):
        load_network(tmp_path / "none.keras")


@pytest.mark.parametrize("content", [b"", b"no network", b"PK\x03\x04"])
def test_a_damaged_network_is_one_sentence_and_its_cause_is_in_the_log(tmp_path, caplog, content):
    (tmp_path / "some.keras").write_bytes(content)
    with pytest.raises(WeightsError, match=r"^The file some\.keras is damaged or not a Keras model\.$"):
        load_network(tmp_path / "some.keras")
    assert "Traceback" in caplog.text
