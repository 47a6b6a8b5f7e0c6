import numpy as np
import pytest

from model.networks.embedding import FEATURES, EmbeddingRecipe, Lessons, build_embedding, cosine_loss, fit_embedding
from model.networks.training import BATCH


@pytest.fixture(scope="module")
def pictures(mnist):
    return mnist.train_images[:300]


@pytest.fixture(scope="module")
def labels(mnist):
    return mnist.train_labels[:300].astype(int)


def test_places_have_length_1(pictures):
    places = build_embedding()(pictures[:5, ..., None] / np.float32(255)).numpy()
    assert (places.shape, places.dtype) == ((5, FEATURES), np.float32)
    np.testing.assert_allclose(np.linalg.norm(places, axis=1), 1, atol=1e-4)


def test_the_loss_is_that_of_naming_among_all_and_among_the_own_alphabet():
    recipe, alphabets = EmbeddingRecipe(), np.array([0, 0, 1, 1, 1])
    rng = np.random.default_rng(0)
    symbols, cosines = np.array([1, 3, 4]), rng.uniform(-1, 1, (3, 5)).astype(np.float32)
    expected = []
    for symbol, row in zip(symbols, cosines.astype(float), strict=True):
        sums = recipe.scale * (row - recipe.margin * (np.arange(5) == symbol))
        own = sums[alphabets == alphabets[symbol]]
        expected.append(((np.log(np.exp(sums).sum()) + np.log(np.exp(own).sum())) / 2) - sums[symbol])
    loss = cosine_loss(alphabets, recipe)
    np.testing.assert_allclose(loss(symbols, cosines).numpy(), expected, rtol=1e-3)


def test_lessons_are_the_same_for_the_same_seed_and_others_each_epoch(pictures, labels):
    first, again, other = (Lessons(pictures, labels, 0.7, seed) for seed in (0, 0, 1))
    assert len(first) == -(-len(pictures) // BATCH)
    np.testing.assert_array_equal(first[1][0], again[1][0])
    assert (first[1][0] != other[1][0]).any()
    before = first[0][0]
    first.on_epoch_end()
    assert (first[0][0] != before).any()
    assert sorted(np.concatenate([first[index][1] for index in range(len(first))])) == sorted(labels)


def test_unmoved_pictures_come_as_they_are(pictures, labels):
    lessons = Lessons(pictures, labels, 0.0, 0)
    np.testing.assert_allclose(lessons[0][0][..., 0], pictures[lessons.order[:BATCH]] / np.float32(255))


def test_training_learns(pictures, labels):
    recipe = EmbeddingRecipe(epochs=4, moved=0.0, average=0.5)
    network, curves = fit_embedding(pictures, labels, np.zeros(10, int), recipe, 0, verbose=0)
    assert len(curves["loss"]) == len(curves["seconds"]) == 4
    assert curves["loss"][-1] < 0.9 * curves["loss"][0]
    assert network.output_shape == (None, FEATURES)
