"""What was taught, as a file: to keep and load again, or as a Keras model that needs nothing of this program.

The file is JSON and holds no code: the labels, and all pictures one below the other as a PNG. It comes from outside when it
is loaded, and every part of it is checked.
"""

import base64
import io
import json
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from model.ink.image import SIDE
from model.reading.taught import LEAST_PROBABILITY, MOST_EXAMPLES, Examples, TeachingError

FORMAT, VERSION = "draw-a-digit-lesson", 1
IMPOSSIBLE = -1e9  # a sum that is a probability of 0, however low the others are
MOST_BYTES = 3_000_000  # of a file; 1,000 pictures take 700,000 at the most


def to_file(examples: Examples) -> bytes:
    """The file of what was taught."""
    sheet = examples.pictures.reshape(-1, SIDE)
    picture = ""
    if len(examples):
        file = io.BytesIO()
        Image.fromarray(sheet).save(file, "PNG")
        picture = base64.b64encode(file.getvalue()).decode("ascii")
    content = {"format": FORMAT, "version": VERSION, "labels": examples.labels, "pictures": picture}
    return json.dumps(content, ensure_ascii=False).encode()


def from_file(content: bytes) -> Examples:
    """What was taught, from its file.

    Raises:
        TeachingError: it is another file, a damaged one, too large, of a later version, or holds names that cannot be taken.
    """
    if len(content) > MOST_BYTES:
        raise TeachingError("This file is too large to be one that was saved here.")
    try:
        kept = json.loads(content)
    except (ValueError, RecursionError):
        kept = None
    if not isinstance(kept, dict) or kept.get("format") != FORMAT:
        raise TeachingError("This is no file that was saved here.")
    version, labels, picture = kept.get("version"), kept.get("labels"), kept.get("pictures")
    if type(version) is int and version > VERSION:
        raise TeachingError("This file was saved by a later version of this program.")
    if type(version) is not int or version != VERSION or not isinstance(labels, list) or not isinstance(picture, str):
        raise TeachingError("This file is damaged.")
    if len(labels) > MOST_EXAMPLES:
        raise TeachingError("This file holds more than {most:,} examples.", most=MOST_EXAMPLES)
    if not all(isinstance(label, str) for label in labels):
        raise TeachingError("This file is damaged.")
    if not labels:
        return Examples()
    return Examples(_pictures(picture, len(labels)), tuple(labels))


def _pictures(picture: str, count: int) -> np.ndarray:
    damaged = TeachingError("The pictures in this file are damaged.")
    try:
        file = io.BytesIO(base64.b64decode(picture, validate=True))
        with Image.open(file, formats=("PNG",)) as sheet:
            # Nothing is unpacked before it is known to be as much as it should be.
            fits = sheet.size == (SIDE, SIDE * count) and sheet.mode == "L"
            pixels = np.asarray(sheet) if fits else None
    except Exception as error:  # Pillow lets through whatever its reader raises
        raise damaged from error
    if pixels is None:
        raise damaged
    return pixels.reshape(count, SIDE, SIDE).copy()


def to_keras(recognizer) -> bytes:
    """An adapted recogniser as a `.keras` file: pictures (N, 28, 28, 1), 0 to 1, as `model.prepare` makes them → float32
    (N, L + 1), probabilities of its labels and of nothing that is known. Its last layers compare with the examples, and
    are ordinary layers of Keras.
    """
    import keras
    from keras import layers

    teacher = recognizer.teacher()
    comparison, memory = teacher.comparison, recognizer.memory
    picture = keras.Input((SIDE, SIDE, 1), name="picture")
    digits = keras.models.clone_model(recognizer.network)
    digits.set_weights(recognizer.network.get_weights())
    last = digits.layers[-1]
    features = keras.Model(digits.inputs, last.input, name="digits_features")(picture)
    # Logarithms of the digits' network's probabilities; a network that knows no "no digit" gives that none.
    logs = layers.Dense(11, activation="log_softmax", name="digits")
    digits_logs = logs(features)
    weights, shifts = last.get_weights()
    missing = (0, 11 - len(shifts))
    logs.set_weights([np.pad(weights, ((0, 0), missing)), np.pad(shifts, missing, constant_values=IMPOSSIBLE)])
    floor = float(np.log(LEAST_PROBABILITY))
    lifted = layers.ReLU(name="above_noise")(layers.Rescaling(1.0, -floor, name="lift")(digits_logs))
    embedding = keras.models.clone_model(teacher.embedding)
    embedding.set_weights(teacher.embedding.get_weights())
    own = layers.UnitNormalization(name="features_of_length_1")(features)
    place = layers.Concatenate(name="place")([own, embedding(picture)])
    # Each row of a label's layer is one of its examples (the last one their mean); what the layer gives are cosines.
    split = features.shape[-1]
    scale = np.sqrt(np.concatenate([np.full(split, comparison.share), np.full(place.shape[-1] - split, 1 - comparison.share)]))
    similarities = []
    ends = [*memory.starts[1:], len(memory.rows)]
    for number, (start, end) in enumerate(zip(memory.starts, ends, strict=True)):
        rows = memory.rows[start:end] * scale
        examples = layers.Dense(len(rows), use_bias=False, name=f"examples_{number}")
        cosines = layers.Reshape((len(rows), 1), name=f"cosines_{number}")(examples(place))
        examples.set_weights([rows.T])
        similarities.append(layers.GlobalMaxPooling1D(name=f"nearest_{number}")(cosines))
    evidence = layers.Concatenate(name="evidence")([lifted, *similarities])
    weights, shifts = comparison.as_dense(memory.labels)
    answer = layers.Dense(len(shifts), activation="softmax", name="answer")
    model = keras.Model(picture, answer(evidence), name="taught")
    answer.set_weights([weights, shifts + floor * weights[:11].sum(axis=0)])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "taught.keras")
        model.save(path)
        return path.read_bytes()


def program(labels: tuple[str, ...]) -> str:
    """Ten lines of Python that use the `.keras` file of `to_keras`."""
    return f"""import keras, numpy as np
from PIL import Image

model = keras.saving.load_model("taught.keras")
labels = {[*labels, "nothing I know"]!r}
# The drawing in light on dark, its longer side 20 pixels, its centre of mass in the middle of 28 x 28.
picture = np.asarray(Image.open("drawing.png").convert("L").resize((28, 28)))
probabilities = model.predict(picture[None, :, :, None] / 255, verbose=0)[0]
for number in probabilities.argsort()[::-1][:3]:
    print(f"{{labels[number]}}: {{probabilities[number]:.1%}}")
"""
