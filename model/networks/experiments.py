"""Six experiments for a lesson of forty minutes: plans to train one after the other, a question, and what to look for.

    python -m model.networks.experiments

trains them all, two minutes on two cores, and prints the figures that stand in `found`.
"""

from dataclasses import dataclass, replace

from model.networks.stack import PRESETS, Convolution, Dense, Dropout, Plan, Pooling
from model.problems import N_

TEXTBOOK = PRESETS["The textbook's CNN"]
LARGE = PRESETS["Far too large"]


@dataclass(frozen=True)
class Experiment:
    """One of them; all texts are Markdown.

    Attributes:
        plans: by what tells them apart, in the order in which they are to be trained.
        look_for: where to look while they learn.
        found: what came of it, with seed 0: the answer to the question.
    """

    title: str
    question: str
    plans: dict[str, Plan]
    look_for: str
    found: str


_few = Plan(TEXTBOOK, pictures=100, epochs=10, batch=32)
_large = Plan(LARGE, pictures=500, epochs=15, batch=32)
_small = Plan(TEXTBOOK, pictures=500, epochs=15, batch=32)
_rate = Plan(TEXTBOOK, pictures=2_000, epochs=4, batch=64)
_depth = Plan(TEXTBOOK, pictures=2_000, epochs=8, batch=64)

EXPERIMENTS = (
    Experiment(
        N_("Too little data"),
        N_("The same network learns from 100 pictures, from 1,000, from 10,000. What do ten times as many bring?"),
        {
            N_("100 pictures"): _few,
            N_("1,000 pictures"): replace(_few, pictures=1_000),
            N_("10,000 pictures"): replace(_few, pictures=10_000, epochs=3),
        },
        N_("The validation curve: how high it ends, and how far it lies below the curve of what is learnt from."),
        N_(
            "From 100 pictures 68.0% of validation is read right, from 1,000 94.4%, from 10,000 96.8%: each ten times "
            "bring less. Of the pen writers' digits it is 55.8, 80.4 and 89.4%."
        ),
    ),
    Experiment(
        N_("Learnt by heart"),
        N_("A network with 1.1 million weights learns from 500 pictures. Does it know digits, or these 500?"),
        {N_("far too large"): _large},
        N_("The two loss curves: where does the one of validation stop falling, or rise, while the other goes on to nothing?"),
        N_(
            "It knows its 500 pictures by heart, 100% of them, and 94.8% of new ones; of the pen writers' digits, 76.0%. "
            "The loss of validation comes to rest at 0.23 while the other goes to nothing: that distance is overfitting."
        ),
    ),
    Experiment(
        N_("Against it: dropout and L2"),
        N_("Numbers are left out at random while it learns, or large weights cost something. Is less learnt by heart?"),
        {
            N_("with dropout"): replace(_large, layers=(*LARGE[:4], Dropout(0.5), LARGE[4], Dropout(0.5), LARGE[5])),
            N_("with L2"): replace(_large, penalty=1e-3),
        },
        N_("The distance between the two curves, beside that of the experiment before."),
        N_(
            "With dropout it reads 97.2% of its own pictures right, and the distance shrinks from 5.2 points to 3.6. "
            "Validation is not better for it (93.6%), the pen writers' digits are: 81.2 instead of 76.0%. With L2 of 0.001, "
            "100, 92.7 and 77.2%. Against too little data neither does what more data do."
        ),
    ),
    Experiment(
        N_("Other pictures of the same: augmentation"),
        N_("Each picture is turned, moved and scaled a little, anew in each epoch. And what if it is mirrored, too?"),
        {
            N_("as they are"): _small,
            N_("turned, moved, scaled"): replace(_small, turn=10.0, shift=0.1, zoom=0.1),
            N_("mirrored"): replace(_small, flip=True),
        },
        N_("The validation curves of the three in “Compare”, and what it takes for what when half of all are mirrored."),
        N_(
            "Turned, moved and scaled, it reads 94.8% of validation instead of 90.7%, though fewer of the pictures that it "
            "learns from (86.6%): those are harder now. Mirrored, 85.7%: a mirrored 3 or 7 is no digit that anybody draws. "
            "The pen writers gain nothing by it here (74.2 and 73.4%)."
        ),
    ),
    Experiment(
        N_("How large a step: the learning rate"),
        N_("After each batch all weights move a step. How large should it be?"),
        {
            N_("much too small"): replace(_rate, learning_rate=1e-5),
            N_("just right"): _rate,
            N_("much too large"): replace(_rate, learning_rate=0.1),
        },
        N_("The first epoch: one curve hardly moves, one falls at once, one jumps and stays where guessing is."),
        N_(
            "With 0.00001 it has read 15.9% after four epochs and would need hundreds; with 0.001 93.6%; with 0.1 10.8%, "
            "which is guessing: the first steps were so large that nothing found its way back."
        ),
    ),
    Experiment(
        N_("How deep?"),
        N_("No layer at all but the last, one dense layer, two convolutions, four. Does each further layer help?"),
        {
            N_("none"): replace(_depth, layers=()),
            N_("one dense layer"): replace(_depth, layers=(Dense(128),)),
            N_("two convolutions"): _depth,
            N_("four convolutions"): replace(
                _depth,
                layers=(Convolution(16), Convolution(32), Pooling(), Convolution(64), Convolution(64), Pooling()),
            ),
        },
        N_("“Compare”: weights, accuracy and seconds. The largest network is not the one with most layers."),
        N_(
            "Without a layer 87.2% of validation is read right, with one dense layer 91.1%, with two convolutions 94.9%, "
            "with four 95.7%; of the pen writers' digits 72.0, 77.2, 81.6 and 87.2%. The dense layer has more weights "
            "(101,770) than the four convolutions."
        ),
    ),
)


def main() -> None:
    """Trains all, and prints how much each reads right of what it learnt from, of validation, and of strangers."""
    import keras
    import numpy as np

    from model.networks import own

    for experiment in EXPERIMENTS:
        print(f"\n{experiment.title}")
        for name, plan in experiment.plans.items():
            keras.utils.set_random_seed(plan.seed)
            network = own.build(plan)
            curves = own.fit(network, plan, own.pictures_of(plan, own.mnist_here()), verbose=0)
            shares = {"learnt": curves["accuracy"][-1], "validation": curves["val_accuracy"][-1]}
            for people, (images, labels) in own.strangers(plan).items():
                answers = network.predict(images[..., None] / np.float32(255), verbose=0).argmax(axis=1)
                shares[people] = float((answers == labels).mean())
            loss = curves["val_loss"]
            told = ", ".join(f"{people} {share:.1%}" for people, share in shares.items())
            print(f"  {name:24}{told}; validation loss {min(loss):.2f} at its lowest, {loss[-1]:.2f} at last", flush=True)


if __name__ == "__main__":
    main()
