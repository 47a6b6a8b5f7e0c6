import json
import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

import keras
import numpy as np
import pytest

from model import Recognizer, WeightsError, prepare
from model.data.dataset import PenDigit, by_writers, rendered
from model.data.signs import SIGNS
from model.networks.own import build_textbook_network
from model.reading import recognizer as module
from model.reading.taught import (
    DIGIT_LABELS,
    LEAST_PROBABILITY,
    MOST_EXAMPLES,
    MOST_LABELS,
    NEAREST,
    Comparison,
    Examples,
    Memory,
    TeachingError,
    checked_label,
    softmax,
)
from tests.model.reading.conftest import page_of


def one_sentence(error):
    text = str(error.value)
    return "\n" not in text and text[0].isupper() and text.endswith(".") and ". " not in text


def read(recognizer, pictures):
    """The labels, and whether each is called something known."""
    probabilities, shares = recognizer.probabilities(pictures)
    return np.array(recognizer.labels)[probabilities.argmax(axis=1)], shares >= 0.5


def some_of_each(labels, count, rng):
    """Which to teach, and which are left to ask."""
    order = rng.permutation(len(labels))
    taught = np.concatenate([order[labels[order] == digit][:count] for digit in DIGIT_LABELS])
    return taught, np.setdiff1d(order, taught)


def by_label(recognizer, pictures):
    """For each label its column, and that of nothing known."""
    probabilities, shares = recognizer.probabilities(pictures)
    return dict(zip(recognizer.labels, probabilities.T, strict=True)), shares


# Whom it helps


def mistakes(recognizer, labels, pictures):
    answers, known = read(recognizer, pictures)
    return int(((answers != labels) | ~known).sum())


def test_examples_help_who_writes_otherwise_than_all_others(recognizer, pen_digits):
    """The page lies askew before this writer, so that a 7 stands as other people's 1 leans."""
    turn = math.radians(50)
    matrix = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    own = [PenDigit(one.label, 29, [stroke @ matrix.T for stroke in one.strokes]) for one in by_writers(pen_digits, (29,))]
    labels, pictures = np.array([str(one.label) for one in own]), rendered(own, seed=11)
    taught, asked = some_of_each(labels, 3, np.random.default_rng(0))
    with_three = recognizer.with_examples(Examples(pictures[taught], tuple(labels[taught].tolist())))
    before, now = (mistakes(one, labels[asked], pictures[asked]) for one in (recognizer, with_three))
    assert before >= 15
    assert now <= before - 3


def test_three_examples_of_each_digit_harm_no_writer_and_leave_fewer_mistakes(recognizer, strangers):
    writers, labels, pictures = strangers
    before, now = [], []
    for writer in np.unique(writers):
        mine = writers == writer
        for draw in range(3):
            taught, asked = some_of_each(labels[mine], 3, np.random.default_rng((writer, draw)))
            with_three = recognizer.with_examples(Examples(pictures[mine][taught], tuple(labels[mine][taught].tolist())))
            for one, counts in ((recognizer, before), (with_three, now)):
                counts.append((read(one, pictures[mine][asked])[0] != labels[mine][asked]).sum())
    assert (np.array(now) <= np.array(before) + 1).all()
    assert sum(now) <= sum(before)


def test_digits_are_read_as_before_once_letters_were_taught(recognizer, strangers, letters):
    _, labels, pictures = (some[::3] for some in strangers)
    before = (read(recognizer, pictures)[0] == labels).mean()
    now = []
    for alphabet in letters.values():
        names = list(alphabet)[:5]
        taught = Examples(
            np.concatenate([alphabet[name][:3] for name in names]), tuple(name for name in names for _ in range(3))
        )
        now.append((read(recognizer.with_examples(taught), pictures)[0] == labels).mean())
    assert np.mean(now) >= before - 0.003
    assert min(now) >= before - 0.01


def test_letters_are_read_that_others_drew(recognizer, letters):
    right, known = [], []
    for alphabet in letters.values():
        names = list(alphabet)[:10]
        taught = Examples(
            np.concatenate([alphabet[name][:3] for name in names]), tuple(name for name in names for _ in range(3))
        )
        answers = read(recognizer.with_examples(taught), np.concatenate([alphabet[name][10:14] for name in names]))
        right.append((answers[0] == np.repeat(names, 4)).mean())
        known.append(answers[1].mean())
    assert min(right) >= 0.7
    assert np.mean(right) >= 0.8
    assert np.mean(known) >= 0.85


def test_signs_are_read_as_another_hand_draws_them(recognizer, pages_of_signs):
    two = [(page, label) for label, pages in pages_of_signs.items() for page in pages[:2]]
    predictions = recognizer.adapt(*zip(*two, strict=True)).recognize_many([pages[2] for pages in pages_of_signs.values()])
    read_right = [one.label == label for one, label in zip(predictions, SIGNS, strict=True)]
    assert sum(read_right) >= len(SIGNS) - 2
    assert not any(one.untaught.label in SIGNS for one in predictions)


def test_what_was_not_taught_is_not_forced_into_what_was(recognizer, letters):
    """Letters of other alphabets, which look like none of those taught."""
    taught, *others = letters.values()
    names = list(taught)[:5]
    knows_five = recognizer.with_examples(
        Examples(np.concatenate([taught[name][:3] for name in names]), tuple(name for name in names for _ in range(3)))
    )
    foreign = np.concatenate([pictures[5:7] for alphabet in others for pictures in list(alphabet.values())[:15]])
    assert (~read(recognizer, foreign)[1]).mean() >= 0.8  # which are seen to be no digits
    assert (~read(knows_five, foreign)[1]).mean() >= 0.5
    assert read(knows_five, np.concatenate([taught[name][3:6] for name in names]))[1].mean() >= 0.8


# What an adapted recogniser says


def test_labels_are_the_digits_then_the_symbols_as_they_came(recognizer, pages_of_signs):
    adapted = recognizer.adapt([pages_of_signs[label][0] for label in "π★π"], list("π★π"))
    assert adapted.labels == (*DIGIT_LABELS, "π", "★")
    adapted = adapted.adapt([pages_of_signs[label][0] for label in "→★"], ["→", "7"])
    assert adapted.labels == (*DIGIT_LABELS, "π", "★", "→")
    assert adapted.examples.labels == ("π", "★", "π", "→", "7")


def test_a_prediction_says_all_that_it_promises(adapted, recognizer, strangers, pages_of_signs):
    pictures = strangers[2][:20]
    predictions = adapted.recognize_many([*pictures, pages_of_signs["★"][0], pages_of_signs["♥"][0]])
    for prediction in predictions:
        assert prediction.labels == adapted.labels
        assert (prediction.probabilities.shape, prediction.probabilities.dtype) == ((len(adapted.labels),), np.float32)
        assert prediction.probabilities.sum() == pytest.approx(1, abs=1e-5)
        assert prediction.probabilities.min() >= 0
        assert prediction.label == adapted.labels[prediction.probabilities.argmax()]
        assert 0 <= prediction.digit_probability <= 1
        assert np.linalg.norm(prediction.place) == pytest.approx(1, abs=1e-4)
        assert prediction.place.shape == adapted.places.shape[1:]
        assert 1 <= len(prediction.nearest) <= NEAREST
        spoke = {one.label for one in prediction.nearest}
        if prediction.is_digit and adapted.examples.counts[prediction.label]:
            assert spoke == {prediction.label}
        for one in prediction.nearest:
            assert adapted.examples.labels[one.index] == one.label
            assert one.similarity == pytest.approx(adapted.places[one.index] @ prediction.place, abs=1e-5)
        similarities = [one.similarity for one in prediction.nearest]
        assert similarities == sorted(similarities, reverse=True)


def test_the_nearest_are_the_nearest_of_that_label_or_of_all_where_nothing_is_known(adapted, strangers, letters):
    pictures = np.concatenate([strangers[2][::40], *(next(iter(one.values()))[:8] for one in letters.values())])
    seen = set()
    for prediction in adapted.recognize_many(list(pictures)):
        cosines = adapted.places @ prediction.place
        labels = np.array(adapted.examples.labels)
        of_label = prediction.is_digit and prediction.label in labels
        seen.add(bool(of_label))
        among = np.flatnonzero(labels == prediction.label) if of_label else np.arange(len(labels))
        best = np.sort(cosines[among])[::-1][:NEAREST]
        np.testing.assert_allclose([one.similarity for one in prediction.nearest], best, atol=1e-5)
    assert seen == {True, False}


def test_an_example_is_recognized_as_itself(adapted, mixed):
    for index, prediction in enumerate(adapted.recognize_many(list(mixed.pictures))):
        assert prediction.label == mixed.labels[index]
        assert prediction.is_digit
        assert prediction.nearest[0].index == index
        assert prediction.nearest[0].similarity > 0.97  # what was prepared is prepared once more


def test_no_pictures_have_no_probabilities(adapted):
    rows, shares = adapted.probabilities(np.zeros((0, 28, 28), np.uint8))
    assert (rows.shape, shares.shape) == ((0, 13), (0,))


def test_one_drawing_under_two_names_is_read_as_either(recognizer, pages_of_signs):
    heart = pages_of_signs["♥"][0]
    prediction = recognizer.adapt([heart, heart], ["heart", "love"]).recognize(heart)
    heart, love = (prediction.probabilities[prediction.labels.index(name)] for name in ("heart", "love"))
    assert heart == pytest.approx(love, abs=1e-4)
    assert heart + love >= 0.8


def test_the_order_of_examples_does_not_matter(recognizer, mixed, strangers, pages_of_signs):
    pictures = np.concatenate([strangers[2][:30], [prepare(pages[1]) for pages in pages_of_signs.values()]])
    as_given, known = by_label(recognizer.with_examples(mixed), pictures)
    for seed in range(3):
        shuffled = recognizer.with_examples(mixed.chosen(np.random.default_rng(seed).permutation(len(mixed))))
        columns, shares = by_label(shuffled, pictures)
        assert set(columns) == set(as_given)
        for label in as_given:
            np.testing.assert_allclose(columns[label], as_given[label], atol=1e-3)
        np.testing.assert_allclose(shares, known, atol=1e-3)


def test_taught_one_by_one_it_knows_what_it_knows_taught_at_once(recognizer, mixed, strangers):
    little_by_little = recognizer
    for index in range(len(mixed) - 6, len(mixed)):
        little_by_little = little_by_little.adapt([mixed.pictures[index]], [mixed.labels[index]])
    at_once = recognizer.with_examples(mixed.chosen(range(len(mixed) - 6, len(mixed))))
    assert little_by_little.labels == at_once.labels
    for one, other in zip(
        little_by_little.probabilities(strangers[2][:20]), at_once.probabilities(strangers[2][:20]), strict=True
    ):
        np.testing.assert_allclose(one, other, atol=1e-3)


def test_many_are_recognized_as_one_by_one(adapted, strangers, pages_of_signs):
    pages = [*strangers[2][:12], np.zeros((280, 280), np.uint8), *(pages[0] for pages in pages_of_signs.values())]
    for one, other in zip(adapted.recognize_many(pages), map(adapted.recognize, pages), strict=True):
        if one is None:
            assert other is None
            continue
        assert one.label == other.label
        assert [each.index for each in one.nearest] == [each.index for each in other.nearest]
        np.testing.assert_allclose(one.probabilities, other.probabilities, atol=5e-3)
        np.testing.assert_allclose(one.place, other.place, atol=1e-3)


def test_untaught_is_what_the_plain_recognizer_says(adapted, recognizer, strangers, pages_of_signs):
    pages = [*strangers[2][:30], *pages_of_signs["★"]]
    for taught, plain in zip(adapted.recognize_many(pages), recognizer.recognize_many(pages), strict=True):
        assert (taught.untaught.label, taught.untaught.is_digit) == (plain.label, plain.is_digit)
        np.testing.assert_allclose(taught.untaught.probabilities, plain.probabilities, atol=1e-4)
        assert taught.untaught.digit_probability == pytest.approx(plain.digit_probability, abs=1e-4)
        assert taught.untaught.labels == DIGIT_LABELS
        assert (plain.untaught, plain.nearest, plain.place) == (None, (), None)


def test_examples_of_digits_alone_bring_no_labels(recognizer, mixed):
    of_digits = recognizer.with_examples(mixed.chosen(range(10)))
    assert of_digits.labels == DIGIT_LABELS
    assert of_digits.recognize(mixed.pictures[3]).probabilities.shape == (10,)


def test_a_digit_without_examples_is_known_as_before(adapted, recognizer, strangers):
    _, labels, pictures = strangers
    nines = pictures[labels == "9"][::4]
    assert "9" not in adapted.examples.counts
    assert (read(adapted, nines)[0] == "9").mean() >= (read(recognizer, nines)[0] == "9").mean() - 0.03


def test_a_network_without_no_digit_can_be_taught(pages_of_signs, recognizer):
    network = build_textbook_network()
    adapted = Recognizer(network).adapt(pages_of_signs["★"], ["★"] * 3)
    prediction = adapted.recognize(pages_of_signs["★"][0])
    assert prediction.probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert prediction.untaught.digit_probability == pytest.approx(1, abs=1e-5)


# What is shared, and what stays as it is


def test_the_old_recognizer_stays_as_it_was_and_shares_its_network(recognizer, pages_of_signs, strangers):
    weights = [each.copy() for each in recognizer.network.get_weights()]
    before = recognizer.probabilities(strangers[2][:20])
    first = recognizer.adapt(pages_of_signs["★"], ["★"] * 3)
    knew = first.probabilities(strangers[2][:20])
    second = first.adapt(pages_of_signs["π"], ["π"] * 3)
    assert first.network is second.network is recognizer.network
    assert first.teacher() is second.teacher() is recognizer.teacher()
    assert first.untaught is second.untaught is recognizer
    assert recognizer.labels == DIGIT_LABELS
    assert len(recognizer.examples) == 0
    assert first.examples.labels == ("★",) * 3
    for given, again in ((before, recognizer.probabilities(strangers[2][:20])), (knew, first.probabilities(strangers[2][:20]))):
        np.testing.assert_array_equal(given[0], again[0])
        np.testing.assert_array_equal(given[1], again[1])
    for given, again in zip(weights, recognizer.network.get_weights(), strict=True):
        np.testing.assert_array_equal(given, again)


def test_without_examples_it_is_the_recognizer_that_was_taught_nothing(adapted, recognizer):
    assert adapted.with_examples(Examples()) is recognizer
    assert recognizer.with_examples(Examples()) is recognizer
    assert recognizer.adapt([], []) is recognizer


def test_examples_that_are_known_are_not_looked_at_again(adapted, mixed, monkeypatch, pages_of_signs):
    looked = []
    look = module.Teacher.look
    monkeypatch.setattr(module.Teacher, "look", lambda self, pictures: looked.append(len(pictures)) or look(self, pictures))
    adapted.with_examples(mixed.without(0, 3))
    assert looked == []
    adapted.adapt(pages_of_signs["♥"][:2], ["♥"] * 2)
    assert looked == [2]


def test_eight_threads_teach_and_ask_at_once(recognizer, pages_of_signs, strangers):
    pictures = strangers[2][:8]

    def taught(label):
        adapted = recognizer.adapt(pages_of_signs[label], [label] * 3)
        return adapted.labels[-1], adapted.probabilities(pictures)[0], adapted.recognize(pages_of_signs[label][0]).label

    one_by_one = [taught(label) for label in SIGNS]
    with ThreadPoolExecutor(8) as pool:
        at_once = list(pool.map(taught, list(SIGNS) * 3))
    for (name, probabilities, answer), expected in zip(at_once, one_by_one * 3, strict=True):
        assert (name, answer) == (expected[0], expected[2])
        np.testing.assert_allclose(probabilities, expected[1], atol=1e-4)


# Names


@pytest.mark.parametrize(
    "label",
    [
        *("A", "ß", "π", "七", "가", "★", "10", "٣", "x²", "½", "→", "don't", "two words", "<b>", '"', "\\", "{x}", "%s"),
        *("خمسة", "שבע", "नमस्ते", "ไทย", "எண்", "ქართული", "\U00020000"),  # scripts of all directions, joined and not
        *("👍", "👍🏽", "👨\u200d👩\u200d👧\u200d👦", "🏳️\u200d🌈", "❤️", "1️⃣", "🇩🇪", "🩷", "می\u200cخواهم"),
        "twelve chars",
        "七" * 12,
    ],
)
def test_names_of_any_script_are_taken_as_they_are(label):
    assert checked_label(label) == label
    assert Examples(np.full((1, 28, 28), 9, np.uint8), (label,)).known[-1] == label


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("  a ", "a"),
        ("\u00a0a\u3000", "a"),
        ("e\u0301", "é"),
        ("A\u030a", "Å"),
        ("\u1112\u1161\u11ab", "한"),
        ("e\u0301" * 12, "é" * 12),
        ("x\u0301\u0323", "x\u0323\u0301"),
    ],
)
def test_names_are_kept_in_one_form(given, kept):
    assert checked_label(given) == kept
    assert checked_label(kept) == kept


@pytest.mark.parametrize(
    "label",
    [
        *("", " ", "\u3000 ", "\t", "\u200b", "\u200d", "\u200c\u200d", "\ufe0f", "\u0301", "\u2060", "\u00ad"),
        *("\u3164", "\u2800", "\u115f\u1160", "\uffa0"),  # letters and signs that are blank
        *("thirteen char", "七" * 13, "x" * 1_000_000, "e\u0301" * 13),
        *("a\nb", "a\rb", "a\tb", "a\0", "\x07a", "a\x85b", "a\u2028b", "a\u2029b", "a\x7fb"),
        *("\ud800", "a\udfff", "\ue000", "\U0010ffff", "a\ufffe", "a\ufdd0"),
        *("\u202ea", "a\u202dz", "a\u2066b", "a\u200bb", "\ufeffa", "a\u00adb", "a\U000e0061"),
    ],
)
def test_names_that_cannot_be_taken_are_one_sentence(label):
    with pytest.raises(TeachingError) as error:
        checked_label(label)
    assert one_sentence(error)
    with pytest.raises(TeachingError) as error:
        Examples(np.full((1, 28, 28), 9, np.uint8), (label,))
    assert one_sentence(error)


@pytest.mark.parametrize("label", [None, 7, b"a", ["a"], 1.5])
def test_a_name_is_a_text(label):
    with pytest.raises(TeachingError, match="text") as error:
        checked_label(label)
    assert one_sentence(error)


def test_accents_apart_and_in_one_piece_are_one_name(recognizer, pages_of_signs):
    adapted = recognizer.adapt(pages_of_signs["A"][:2], ["e\u0301", "é "])
    assert adapted.labels == (*DIGIT_LABELS, "é")


# What cannot be taught


def refused(call, *arguments):
    with pytest.raises(TeachingError) as error:
        call(*arguments)
    assert one_sentence(error)
    return str(error.value)


def test_a_page_without_ink_is_no_example(recognizer, pages_of_signs):
    empty = np.zeros((280, 280), np.uint8)
    assert "nothing drawn" in refused(recognizer.adapt, [pages_of_signs["A"][0], empty], ["A", "B"])
    refused(recognizer.adapt, [255 - empty], ["7"])


@pytest.mark.parametrize("image", [None, "a", np.zeros((28, 28)), np.zeros(784, np.uint8), np.full((28, 28), np.nan)])
def test_what_is_no_image_is_a_value_error(recognizer, image):
    with pytest.raises(ValueError, match="taken") as error:
        recognizer.adapt([image], ["A"])
    assert not isinstance(error.value, TeachingError)


def test_each_page_needs_its_name(recognizer, pages_of_signs):
    said = refused(recognizer.adapt, pages_of_signs["A"], ["A"])
    assert "3" in said
    assert "1" in said
    refused(recognizer.adapt, [], ["A"])


def test_as_many_examples_as_are_promised_are_taken_and_no_more(recognizer):
    pictures = np.random.default_rng(0).integers(0, 256, (MOST_EXAMPLES, 28, 28)).astype(np.uint8)
    pictures[:, 0, 0] = 1
    labels = tuple(f"name {number % MOST_LABELS}" for number in range(MOST_EXAMPLES))
    examples = Examples(pictures, labels)
    assert len(examples.known) == 10 + MOST_LABELS
    one = Examples(pictures[:1], ("name 0",))
    assert "1,000" in refused(examples.__add__, one)
    few = examples.chosen(range(60))
    assert "50" in refused(few.__add__, Examples(pictures[:1], ("7",)))
    assert "1,000" in refused(recognizer.adapt, [pictures[0]] * 1_001, ["A"] * 1_001)
    page = page_of([np.array([[0.0, 0], [5, 5]])])
    assert "50" in refused(recognizer.adapt, [page] * 51, [f"name {number}" for number in range(51)])


def test_digits_and_symbols_are_taught_up_to_the_bound(recognizer):
    rng = np.random.default_rng(0)
    pages = [page_of([rng.uniform(0, 10, (4, 2))]) for _ in range(MOST_LABELS)]
    adapted = recognizer.adapt(pages, [*DIGIT_LABELS, *(f"name {number}" for number in range(MOST_LABELS - 10))])
    assert len(adapted.labels) == MOST_LABELS
    assert adapted.recognize(pages[-1]).label == f"name {MOST_LABELS - 11}"


@pytest.mark.parametrize(
    "pictures",
    [
        np.zeros((1, 28, 28)),
        np.full((2, 28, 28), 9, np.uint8),
        np.full((1, 28, 27), 9, np.uint8),
        np.full((1, 784), 9, np.uint8),
        np.zeros((1, 28, 28), np.uint8),
    ],
)
def test_examples_are_pictures_with_ink_one_for_each_name(pictures):
    refused(Examples, pictures, ("A",))


def test_examples_are_chosen_and_left_out(mixed):
    assert mixed.without(0, len(mixed) - 1).labels == mixed.labels[1:-1]
    np.testing.assert_array_equal(mixed.without(0).pictures, mixed.pictures[1:])
    assert mixed.chosen([3, 1]).labels == (mixed.labels[3], mixed.labels[1])
    assert mixed.symbols == ("★", "π", "→")
    assert (mixed.counts["★"], mixed.counts["9"]) == (3, 0)
    assert len(Examples()) == 0
    assert len(mixed + Examples()) == len(mixed)


# The network that tells symbols apart, missing or damaged


@pytest.fixture
def other_embedding(monkeypatch, tmp_path):
    """A recogniser that has loaded no embedding yet, and the place where it looks for one."""
    monkeypatch.setattr(module, "EMBEDDING", tmp_path / "symbols.keras")
    module._tried.cache_clear()
    yield tmp_path / "symbols.keras"
    module._tried.cache_clear()


def network_of(*layers):
    return keras.Sequential([keras.Input((28, 28, 1)), *layers])


def broken():
    network = network_of(keras.layers.Flatten(), keras.layers.Dense(4))
    network.layers[-1].set_weights([np.full((784, 4), np.nan), np.zeros(4)])
    return network


def two_inputs():
    inputs = [keras.Input((28, 28, 1)), keras.Input((28, 28, 1))]
    return keras.Model(inputs, keras.layers.Flatten()(keras.layers.add(inputs)))


@pytest.mark.parametrize(
    "build",
    [
        None,
        lambda: network_of(keras.layers.Conv2D(2, 3)),
        lambda: keras.Sequential([keras.Input((28, 28)), keras.layers.Flatten()]),
        broken,
        two_inputs,
    ],
)
def test_a_network_that_cannot_tell_symbols_apart_is_one_sentence(other_embedding, build, pages_of_signs):
    if build:
        build().save(other_embedding)
    plain = Recognizer(build_textbook_network())
    with pytest.raises(WeightsError, match="symbols.keras") as error:
        plain.adapt(pages_of_signs["A"], ["A"] * 3)
    assert one_sentence(error)
    assert plain.recognize(pages_of_signs["A"][0])  # reads digits as before


# What is made of similarities

VALUES = Comparison(0.9, 12.0, 0.6, 20.0, 0.7, 0.5, -0.3, 0.25)


def test_sums_are_those_of_the_formula():
    rng = np.random.default_rng(0)
    labels = ("★", "7", "π", "0")
    logs, similarities = np.log(rng.dirichlet(np.ones(11), 5)), rng.uniform(-1, 1, (5, 4))
    expected = np.zeros((5, 13))
    expected[:, :10] = VALUES.trust * logs[:, :10]
    expected[:, 7] += VALUES.digit_slope * (similarities[:, 1] - VALUES.digit_middle)
    expected[:, 0] += VALUES.digit_slope * (similarities[:, 3] - VALUES.digit_middle)
    expected[:, 10] = VALUES.symbol_slope * (similarities[:, 0] - VALUES.symbol_middle)
    expected[:, 11] = VALUES.symbol_slope * (similarities[:, 2] - VALUES.symbol_middle)
    expected[:, 12] = VALUES.doubt * logs[:, 10] + VALUES.nothing
    np.testing.assert_allclose(VALUES.sums(logs, similarities, labels), expected, atol=1e-9)
    weights, shifts = VALUES.as_dense(labels)
    assert (weights.shape, shifts.shape) == ((15, 13), (13,))


def test_softmax_is_that_of_the_book_even_far_out():
    sums = np.array([[0.0, 1.0, 2.0], [1e4, 0, -1e6], [-1e6, -1e6, -1e6]])
    np.testing.assert_allclose(softmax(sums)[0], np.exp(sums[0]) / np.exp(sums[0]).sum(), atol=1e-6)
    np.testing.assert_allclose(softmax(sums)[1:], [[1, 0, 0], [1 / 3] * 3], atol=1e-6)


def test_similarities_are_those_to_the_nearest_example_or_to_the_mean():
    angles = np.radians([0, 60, 180])
    places = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    memory = Memory.of(places, ("a", "a", "b"))
    asked = np.array([[np.cos(np.radians(30)), np.sin(np.radians(30))], [1, 0]], np.float32)
    np.testing.assert_allclose(
        memory.similarities(memory.cosines(asked)), [[1, np.cos(np.radians(150))], [1, -1]], atol=1e-6
    )  # the first lies in the middle of both of "a"
    opposite = Memory.of(places[[0, 2]], ("a", "a"))  # which have no mean direction
    np.testing.assert_allclose(opposite.similarities(opposite.cosines(asked)), [[np.cos(np.radians(30))], [1]], atol=1e-6)


def test_the_numbers_that_ship_are_loaded():
    assert all(math.isfinite(value) for value in asdict(Comparison.load()).values())
    assert 0 <= Comparison.load().share <= 1


def test_numbers_are_loaded_as_they_were_kept(tmp_path):
    (tmp_path / "symbols.json").write_text(json.dumps(asdict(VALUES)))
    assert Comparison.load(tmp_path / "symbols.json") == VALUES
    assert Comparison.load(str(tmp_path / "symbols.json")) == VALUES


@pytest.mark.parametrize(
    "content",
    [
        None,
        b"",
        b"no JSON",
        b"[]",
        b"7",
        b"null",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        json.dumps(asdict(VALUES)).encode()[:-20],
        json.dumps({name: value for name, value in asdict(VALUES).items() if name != "share"}).encode(),
        *(
            json.dumps(asdict(VALUES) | {"share": wrong}).encode()
            for wrong in (None, "a", [], {}, float("nan"), float("inf"), -0.1, 1.1, 10**400)
        ),
    ],
)
def test_numbers_that_are_none_are_one_sentence(tmp_path, content):
    if content is not None:
        (tmp_path / "symbols.json").write_bytes(content)
    refused(Comparison.load, tmp_path / "symbols.json")
    refused(Comparison.load, tmp_path)


def test_probabilities_below_noise_count_as_noise(recognizer):
    logs, places = recognizer.teacher().look(np.random.default_rng(0).integers(0, 256, (3, 28, 28)).astype(np.uint8))
    assert logs.min() >= np.log(LEAST_PROBABILITY) - 1e-5
    assert logs.shape == (3, 11)
    np.testing.assert_allclose(np.linalg.norm(places, axis=1), 1, atol=1e-4)
