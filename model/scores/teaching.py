"""How well examples teach: digits of one's own hand, and letters that no network has seen.

An `adapt` here gives, for examples (uint8 (n, 28, 28) and n labels), what reads pictures as `Recognizer.probabilities` does,
with the digits first and then the other labels in the order in which they came: `Recognizer.with_examples`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from model.data.dataset import LIKE_DIGITS, PenDigit, prepared
from model.ink.strokes import Strokes, draw, placed_anywhere
from model.scores.evaluation import calibration_error, share_right

OWN_HAND = (1, 3, 5)  # examples of each digit
LETTERS = (1, 3)  # examples of each letter
DRAWS = 10  # of examples by each writer
RUNS = 20  # of letters from each alphabet
AT_ONCE, TAUGHT = 20, 5  # letters that are told from each other; and that are taught beside the digits
TAUGHT_EXAMPLES = 3  # of each of those
BRUSH = 18.0  # with which a visitor begins, in pixels of a canvas of 280
EXTENTS = (0.45, 0.85)  # of letters, as shares of the canvas
ENDS = 0.5  # the probability of being something known from which it is called that

Read = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
Adapt = Callable[[np.ndarray, list[str]], Read]


@dataclass(frozen=True, eq=False)
class Letters:
    """Drawings of one alphabet's letters.

    Attributes:
        alphabet: its name.
        pictures: uint8 (N, 28, 28), as the network gets them.
        letters, drawers: int (N,), what each is, and who drew it.
        strange: bool (N,), whether the letter resembles no digit.
    """

    alphabet: str
    pictures: np.ndarray
    letters: np.ndarray
    drawers: np.ndarray
    strange: np.ndarray

    @property
    def is_enough(self) -> bool:
        """Whether there are letters and people left to ask for when some have been taught."""
        letters, drawers = len(np.unique(self.letters[self.strange])), len(np.unique(self.drawers))
        return letters > TAUGHT and drawers > max(*LETTERS, TAUGHT_EXAMPLES)


def drawn_letters(alphabets: dict[str, dict[str, list[Strokes]]], seed: int = 0) -> list[Letters]:
    """The alphabets of `dataset.load_alphabets`, each letter drawn with the usual brush anywhere on the canvas."""
    result = []
    for alphabet, characters in sorted(alphabets.items()):
        rng = np.random.default_rng((seed, *alphabet.encode()))
        pages, letters, drawers, strange = [], [], [], []
        for number, (name, drawings) in enumerate(sorted(characters.items())):
            for drawer, strokes in enumerate(drawings):
                pages.append(draw(placed_anywhere(strokes, BRUSH, rng, EXTENTS), BRUSH))
                letters.append(number)
                drawers.append(drawer)
                strange.append(int(name[-2:]) not in LIKE_DIGITS.get(alphabet, ()))
        arrays = map(np.array, (letters, drawers, strange))
        result.append(Letters(alphabet, prepared(pages), *arrays))
    return result


def score_teaching(
    adapt: Adapt,
    read: Read,
    pens: list[PenDigit],
    pictures: np.ndarray,
    alphabets: list[Letters],
    report: Callable[[int], None] | None = None,
) -> dict:
    """All figures, ready for JSON.

    Args:
        read: without examples.
        pens: digits of writers whom no network has seen.
        pictures: uint8 (N, 28, 28), what `dataset.rendered` made of them.
        alphabets: letters that no network has seen, `is_enough` of each.
        report: called with the number of lessons that are done, of `lessons_taught`, after each.
    """
    done = 0

    def counted(lessons):
        nonlocal done
        for lesson in lessons:
            yield lesson
            done += 1
            if report is not None:
                report(done)

    labels = np.array([pen.label for pen in pens])
    writers = np.array([pen.writer for pen in pens])
    result = {"own_hand": _own_hand(adapt, read, labels, writers, pictures, counted)}
    if alphabets:
        result["letters"] = [_letters(adapt, alphabets, count, counted) for count in LETTERS]
        result["beside_letters"] = _beside_letters(adapt, read, labels, pictures, alphabets, counted)
    return result


def lessons_taught(pens: list[PenDigit], alphabets: list[Letters]) -> int:
    """How many lessons `score_teaching` gives."""
    writers = len({pen.writer for pen in pens})
    return writers * len(OWN_HAND) * DRAWS + len(alphabets) * (len(LETTERS) * RUNS + DRAWS)


def _own_hand(adapt, read, labels, writers, pictures, counted) -> list[dict]:
    """Each writer's digits, read with some of the same hand as examples; without any, first."""
    rows, shares = read(pictures)
    before = (rows.argmax(axis=1) == labels, rows.max(axis=1) * shares)
    alone = {writer: share_right(before[0][writers == writer]) for writer in np.unique(writers).tolist()}
    result = [_hand(0, alone, *before, alone)]
    for count in OWN_HAND:
        rights, sures, by_writer = [], [], {}
        for writer in alone:
            of_writer = []
            for draw_number in counted(range(DRAWS)):
                rng = np.random.default_rng((count, writer, draw_number))
                mine = rng.permutation(np.flatnonzero(writers == writer))
                by_digit = [mine[labels[mine] == digit] for digit in range(10)]
                # Of a digit of which there are few, one is left to ask for.
                examples = np.concatenate([some[: min(count, len(some) - 1)] if len(some) else some for some in by_digit])
                asked = np.setdiff1d(mine, examples)
                rows, shares = adapt(pictures[examples], [str(label) for label in labels[examples]])(pictures[asked])
                of_writer.append(rows.argmax(axis=1) == labels[asked])
                sures.append(rows.max(axis=1) * shares)
            by_writer[writer] = share_right(np.concatenate(of_writer))
            rights += of_writer
        result.append(_hand(count, by_writer, np.concatenate(rights), np.concatenate(sures), alone))
    return result


def _hand(count, by_writer, right, sure, alone) -> dict:
    lost = (alone[writer]["accuracy"] - one["accuracy"] for writer, one in by_writer.items())
    return {
        "examples": count,
        **share_right(right),
        "worst_writer": min(one["accuracy"] for one in by_writer.values()),
        "most_lost": max(0.0, *lost),  # by a writer
        # Two columns, of which the first is the answer: a calibration error looks at nothing else.
        "calibration_error": calibration_error(np.where(right, 0, 1), np.stack([sure, np.zeros_like(sure)], axis=1)),
        "by_writer": {str(writer): one for writer, one in by_writer.items()},
    }


def _letters(adapt, alphabets, count, counted) -> dict:
    """Letters of one alphabet told from each other: those who are tested drew none of the examples, and all examples of a
    run are by the same people (the one-shot test of Lake, Salakhutdinov, Tenenbaum, 2015, has one such person)."""
    by_alphabet = {}
    for one in alphabets:
        right = []
        for run in counted(range(RUNS)):
            rng = np.random.default_rng((count, run, *one.alphabet.encode()))
            chosen = rng.permutation(np.unique(one.letters))[:AT_ONCE]
            teachers, others = np.split(rng.permutation(np.unique(one.drawers)), [count])
            examples = _drawn_by(one, chosen, teachers)
            asked = _drawn_by(one, chosen, others[: 2 * count])
            # Letters and people are taught in one order, so that answers are numbers of `chosen`.
            order = np.argsort([chosen.tolist().index(letter) for letter in one.letters[examples]], kind="stable")
            examples = examples[order]
            names = [f"letter {letter}" for letter in one.letters[examples]]
            rows, _ = adapt(one.pictures[examples], names)(one.pictures[asked])
            right.append(chosen[rows[:, 10:].argmax(axis=1)] == one.letters[asked])
        by_alphabet[one.alphabet] = share_right(np.concatenate(right))
    everything = [one for one in by_alphabet.values()]
    right = np.repeat(
        [True, False],
        [sum(one["right"] for one in everything), sum(one["images"] - one["right"] for one in everything)],
    )
    return {"examples": count, **share_right(right), "by_alphabet": by_alphabet}


def _beside_letters(adapt, read, labels, pictures, alphabets, counted) -> dict:
    """Digits, letters that were taught, and letters that were not, read with all digits and a few letters known."""
    kept, taught, strangers = [], [], []
    for one, draw_number in counted((one, number) for one in alphabets for number in range(DRAWS)):
        rng = np.random.default_rng((draw_number, *one.alphabet.encode()))
        strange = rng.permutation(np.unique(one.letters[one.strange]))
        chosen, rest = strange[:TAUGHT], strange[TAUGHT:]
        teachers, others = np.split(rng.permutation(np.unique(one.drawers)), [TAUGHT_EXAMPLES])
        examples = _drawn_by(one, chosen, teachers)
        examples = examples[np.argsort(one.letters[examples], kind="stable")]
        names = list(dict.fromkeys(one.letters[examples].tolist()))
        answers = adapt(one.pictures[examples], [f"letter {letter}" for letter in one.letters[examples]])
        kept.append(answers(pictures)[0].argmax(axis=1) == labels)
        asked = _drawn_by(one, chosen, others)
        rows, shares = answers(one.pictures[asked])
        wanted = np.array([10 + names.index(letter) for letter in one.letters[asked]])
        taught.append((rows.argmax(axis=1) == wanted) & (shares >= ENDS))
        strangers.append(answers(one.pictures[_drawn_by(one, rest, others)])[1] < ENDS)
    return {
        "letters": TAUGHT,
        "examples": TAUGHT_EXAMPLES,
        "digits_before": share_right(read(pictures)[0].argmax(axis=1) == labels),
        "digits": share_right(np.concatenate(kept)),
        "taught": share_right(np.concatenate(taught)),
        "not_taught": share_right(np.concatenate(strangers)),
    }


def _drawn_by(one: Letters, letters: np.ndarray, drawers: np.ndarray) -> np.ndarray:
    """int (n,), the drawings of these letters by these people."""
    return np.flatnonzero(np.isin(one.letters, letters) & np.isin(one.drawers, drawers))
