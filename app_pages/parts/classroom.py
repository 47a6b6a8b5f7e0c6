"""A class that draws together: pupils hand digits in with a code, and a network of their teacher's learns from them.

All of it lies in memory and is gone with the lesson; there are no names, and nothing tells who drew what to anybody. What
comes from the pupils is limited in number and in pace, and a class whose teacher has left is forgotten.
"""

import secrets
import threading
from collections import Counter, deque
from dataclasses import dataclass, field
from time import monotonic
from urllib.parse import urlencode, urlsplit, urlunsplit

import numpy as np

from app_pages.parts.addresses import host_for_others
from app_pages.parts.jobs import is_here
from model.ink.image import prepare
from model.problems import Problem

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # without those that are taken for digits
CODE = 5  # letters
MOST_CLASSES = 20
MOST_PICTURES = 1_000  # of a class
MOST_EACH = 150  # of one pupil
EVERY = 0.25  # seconds from one picture of a pupil to the next
LINGER = 900  # seconds for which a class is kept whose teacher is away


class ClassroomError(Problem, ValueError):
    """What a class does not take; the message says why, in one sentence."""


@dataclass(frozen=True, eq=False)
class Handed:
    """A picture that a pupil has handed in, uint8 (28, 28), and the digit that it shows."""

    picture: np.ndarray
    label: str
    pupil: str


@dataclass(eq=False)
class Classroom:
    """A class. It may be used from any thread.

    Attributes:
        code: by which pupils find it.
        key: by which its teacher does, after a reload, too.
        session: of the teacher.
        handed: what the pupils have handed in, oldest first.
        taken_out: what the teacher has taken out, the last one last.
        taught: the network that everybody may try, as a `lesson.Taught`; None before.
    """

    code: str
    session: str
    key: str = field(default_factory=lambda: secrets.token_hex(16))
    handed: list[Handed] = field(default_factory=list)
    taken_out: deque = field(default_factory=lambda: deque(maxlen=50))
    taught: object = None

    def __post_init__(self):
        self._lock = threading.Lock()
        self._last: dict[str, float] = {}  # when each pupil handed something in
        self.seen = monotonic()  # when the teacher was there

    @property
    def counts(self) -> Counter:
        """How many there are of each digit."""
        return Counter(one.label for one in list(self.handed))

    def of(self, pupil: str) -> int:
        """How many are this pupil's."""
        return sum(one.pupil == pupil for one in list(self.handed))

    def hand_in(self, pupil: str, ink: np.ndarray, label: str) -> None:
        """Takes a drawing.

        Args:
            pupil: the session.
            ink: as for `Recognizer.recognize`.
            label: "0" to "9".

        Raises:
            ClassroomError: there is nothing on it, it comes too soon, or there are too many.
        """
        if label not in "0123456789" or len(label) != 1:
            raise ClassroomError("A digit is 0 to 9.")
        picture = prepare(ink)
        if picture is None:
            raise ClassroomError("There is nothing on the sheet yet: draw it first.")
        with self._lock:
            now = monotonic()
            if now - self._last.get(pupil, -EVERY) < EVERY:
                raise ClassroomError("Not so fast. Hand it in again.")
            if len(self.handed) >= MOST_PICTURES:
                raise ClassroomError("The class has handed in {most:,} pictures: that is as many as fit.", most=MOST_PICTURES)
            if self.of(pupil) >= MOST_EACH:
                raise ClassroomError("You have handed in {most} pictures: that is as many as one may.", most=MOST_EACH)
            self._last[pupil] = now
            self.handed.append(Handed(picture, label, pupil))

    def take_back(self, pupil: str) -> None:
        """Takes the last picture of a pupil out, if there is one."""
        with self._lock:
            for index in range(len(self.handed) - 1, -1, -1):
                if self.handed[index].pupil == pupil:
                    del self.handed[index]
                    return

    def take_out(self, one: Handed) -> None:
        """Takes a picture out, if it is still there."""
        with self._lock:
            if one in self.handed:
                self.handed.remove(one)
                self.taken_out.append(one)

    def put_back(self) -> None:
        """Puts the picture back that was taken out last."""
        with self._lock:
            if self.taken_out:
                self.handed.append(self.taken_out.pop())

    def pictures(self) -> tuple[np.ndarray, np.ndarray]:
        """All that was handed in: uint8 (N, 28, 28) and int (N,)."""
        handed = list(self.handed)
        return np.array([one.picture for one in handed], np.uint8).reshape(-1, 28, 28), np.array(
            [int(one.label) for one in handed], int
        )


_classes: dict[str, Classroom] = {}
_lock = threading.Lock()


def begin(session: str) -> Classroom:
    """A class of this teacher's.

    Raises:
        ClassroomError: there are too many already.
    """
    with _lock:
        _forget()
        if len(_classes) >= MOST_CLASSES:
            raise ClassroomError("There are too many classes on this server now: try again later.")
        code = ""
        while not code or code in _classes:
            code = "".join(secrets.choice(LETTERS) for _ in range(CODE))
        _classes[code] = Classroom(code, session)
        return _classes[code]


def find(code: str | None) -> Classroom | None:
    """The class with this code, however it is written; None if there is none any more."""
    with _lock:
        _forget()
        return _classes.get(code.strip().upper()) if code else None


def find_own(key: str | None, session: str) -> Classroom | None:
    """The class that has this key, of the teacher whose session this is from now on; None if there is none any more."""
    with _lock:
        own = next((one for one in _classes.values() if key and secrets.compare_digest(one.key, key)), None)
        if own is not None:
            own.session, own.seen = session, monotonic()
        _forget()
        return own


def end(classroom: Classroom) -> None:
    """Forgets it and all that it holds."""
    with _lock:
        _classes.pop(classroom.code, None)


def _forget() -> None:
    """Forgets the classes whose teachers have left."""
    now = monotonic()
    for one in list(_classes.values()):
        if is_here(one.session):
            one.seen = now
        elif now - one.seen > LINGER:
            del _classes[one.code]


def address_of(classroom: Classroom, url: str) -> str:
    """Where pupils hand in.

    Args:
        url: of the teacher's page. Where that is this computer's name for itself, the name by which others know it takes its
            place.
    """
    scheme, _, path, _, _ = urlsplit(url)
    folder = path.rpartition("/")[0]
    return urlunsplit((scheme, host_for_others(url), f"{folder}/class", urlencode({"code": classroom.code}), ""))
