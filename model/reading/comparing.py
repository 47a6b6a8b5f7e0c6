"""How much to make of a similarity: the numbers of a `Comparison`, fitted on what no network has learnt from.

Visitors are played: each teaches some digits in one hand, some symbols of an alphabet made up for this, or both, and then
draws what was taught and what was not. The numbers are those under which the right answers are likeliest.
"""

from collections.abc import Iterator
from dataclasses import asdict

import keras
import numpy as np
from scipy import optimize

from model.data.dataset import PenDigit, rendered
from model.data.symbols import lessons
from model.reading.recognizer import Teacher
from model.reading.taught import DIGIT_LABELS, Comparison, Memory

VISITORS = 400
ALPHABETS, SYMBOLS, DRAWINGS = 40, 12, 12  # made up for this: the seed is another
RENDERINGS = 4  # of each digit of the writers
ASKED = 30  # drawings of each kind that a visitor makes at the most
DIGITS_COUNT = 5.0  # as much as a symbol counts a digit: those must not suffer
SHARES = (0.1, 0.25, 0.4, 0.55)  # of the digits' network's features in a similarity, those that are tried
START = Comparison(1.0, 10.0, 0.6, 15.0, 0.7, 1.0, 0.0, 0.4)
FITTED = [name for name in asdict(START) if name != "share"]


def fit_comparison(digits: keras.Model, embedding: keras.Model, pens: list[PenDigit], seed: int) -> Comparison:
    """The comparison under which played visitors' drawings are read best.

    Args:
        digits: the digits' network.
        embedding: the network that tells symbols apart.
        pens: by writers whom neither has seen.
    """
    hands = np.tile([pen.writer for pen in pens], RENDERINGS)
    labels = np.tile([pen.label for pen in pens], RENDERINGS)
    pictures = np.concatenate([rendered(pens, seed=100 * seed + 50 + number) for number in range(RENDERINGS)])
    symbol_pictures, symbols, alphabets = lessons(pens, ALPHABETS, SYMBOLS, DRAWINGS, seed + 1_000)
    made_up = alphabets[symbols] < ALPHABETS
    symbol_pictures, symbols = symbol_pictures[made_up], symbols[made_up]
    best = None
    for share in SHARES:
        teacher = Teacher(digits, embedding, Comparison(**asdict(START) | {"share": share}))
        drawings = [
            (labels, hands, *teacher.look(pictures)),
            (symbols, alphabets[symbols], *teacher.look(symbol_pictures)),
        ]
        visits = list(_visits(*drawings, np.random.default_rng((seed, 6))))

        def surprise(values, visits=visits):
            comparison = Comparison(**dict(zip(FITTED, values.tolist(), strict=True)), share=0.0)
            total = whole = 0.0
            for logs, similarities, taught, right, counts in visits:
                sums = comparison.sums(logs, similarities, taught)
                highest = sums.max(axis=1)
                spread = np.log(np.exp(sums - highest[:, None]).sum(axis=1)) + highest
                total += float(counts @ (spread - sums[np.arange(len(right)), right]))
                whole += float(counts.sum())
            return total / whole

        start = np.array([getattr(START, name) for name in FITTED])
        found = optimize.minimize(surprise, start, method="L-BFGS-B", options={"maxiter": 100})
        if best is None or found.fun < best[0]:
            best = found.fun, Comparison(**dict(zip(FITTED, found.x.tolist(), strict=True)), share=share)
    return best[1]


def _visits(digits: tuple, symbols: tuple, rng: np.random.Generator) -> Iterator[tuple]:
    """Visits: logarithms and similarities of what is asked, the labels taught, what would be right, and how much it counts.

    Args:
        digits, symbols: label, hand or alphabet, and what `Teacher.look` gives of each drawing.
    """
    labels, hands, logs, places = digits
    names, alphabets, symbol_logs, symbol_places = symbols
    for _ in range(VISITORS):
        own = rng.permutation(np.flatnonzero(hands == rng.choice(hands)))
        kind = rng.random()
        wanted = [] if kind < 0.35 else rng.permutation(10)[: 10 if kind < 0.75 else rng.integers(1, 10)]
        each = int(rng.choice([1, 1, 2, 3, 5]))
        examples = [own[labels[own] == digit][:each] for digit in wanted]
        taught = [DIGIT_LABELS[digit] for digit, some in zip(wanted, examples, strict=True) for _ in some]
        asked = np.setdiff1d(own, np.concatenate(examples) if examples else [])
        asked = rng.permutation(asked)[: 2 * ASKED]
        alphabet = rng.choice(alphabets)
        here = np.unique(names[alphabets == alphabet])
        known = rng.permutation(here)[: 0 if kind > 0.6 and rng.random() < 0.5 else rng.integers(1, len(here))]
        lent, wrong, right_symbols = [], [], []
        for number, name in enumerate(known):
            drawings = rng.permutation(np.flatnonzero(names == name))
            lent += drawings[:each].tolist()
            taught += [f"symbol {number}"] * min(each, len(drawings))
            right_symbols += [(index, 10 + number) for index in drawings[each : each + 3]]
        strangers = rng.permutation(np.flatnonzero(~np.isin(names, known)))
        near = strangers[alphabets[strangers] == alphabet][: ASKED // 2]
        wrong = [(index, 10 + len(known)) for index in (*near, *strangers[: ASKED // 2])]
        if not taught:
            continue
        chosen = np.concatenate([*examples, []]).astype(int)
        memory = Memory.of(np.concatenate([places[chosen], symbol_places[lent]]), tuple(taught))
        symbol_asked = np.array([index for index, _ in (*right_symbols, *wrong)], int)
        yield (
            np.concatenate([logs[asked], symbol_logs[symbol_asked]]),
            memory.similarities(memory.cosines(np.concatenate([places[asked], symbol_places[symbol_asked]]))),
            memory.labels,
            np.concatenate([labels[asked], [right for _, right in (*right_symbols, *wrong)]]).astype(int),
            np.repeat([DIGITS_COUNT, 1.0], [len(asked), len(symbol_asked)]),
        )
