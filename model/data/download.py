"""The data sets' files from the internet: each comes whole, is what it should be, and gets its place only then."""

import hashlib
import os
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from model.data.dataset import MNIST_PAGE, PEN_DIGITS_URL, DataError, folders, load_pen_digits
from model.problems import N_

# Keras checks its own download of this file by it, too.
MNIST_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"

PATIENCE = 30  # seconds without a byte
PIECE = 64 * 2**10  # bytes that are read at once
MOST = 64 * 2**20  # bytes of one file; MNIST, the largest, has 11.5 million


class FetchError(DataError):
    """Data that could not be fetched, as those at the page are told."""


@dataclass(frozen=True)
class Source:
    """Where a data set's file comes from.

    Attributes:
        name: of the data set.
        url: of the file.
        file: its name on this machine, one of `dataset.FILES`.
        is_sound: whether a file is what it should be.
    """

    name: str
    url: str
    file: str
    is_sound: Callable[[Path], bool]

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname


def _is_mnist(path: Path) -> bool:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == MNIST_SHA256


def _is_pen_digits(path: Path) -> bool:
    try:
        return bool(load_pen_digits(path))
    except DataError:
        return False


SOURCES = {
    "mnist": Source("MNIST", MNIST_PAGE, "mnist.npz", _is_mnist),
    "pen_digits": Source(N_("The pen digits"), PEN_DIGITS_URL, "pendigits.zip", _is_pen_digits),
}


def fetch(data: str, report: Callable[[int, int | None], None] = lambda done, total: None) -> Path:
    """Downloads one of `SOURCES` to where `dataset.on_this_machine` finds it.

    Args:
        report: called with the number of bytes that are there, and of all, or None where the server does not say.

    Raises:
        FetchError: it could not be had, is something else, or cannot be kept. What was there before is still there.
    """
    source = SOURCES[data]
    staged = _staged(source)
    try:
        _download(source, staged, report)
        if not source.is_sound(staged):
            raise FetchError("{name}: what came from {host} is something else.", host=source.host, name=source.name)
        target = staged.with_name(source.file)
        os.replace(staged, target)
        return target
    except OSError as error:
        raise FetchError(
            "{name} cannot be kept on this machine ({error}).", error=error.strerror or error, name=source.name
        ) from error
    finally:
        staged.unlink(missing_ok=True)


def _staged(source: Source) -> Path:
    """An empty file to download into, beside where it will lie."""
    reasons = []
    for folder in folders():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            descriptor, path = tempfile.mkstemp(prefix=f".{source.file}-", dir=folder)
        except OSError as error:  # a folder that may only be read
            reasons.append(error.strerror or str(error))
            continue
        os.close(descriptor)
        os.chmod(path, 0o644)  # whoever runs train.py may read it
        return Path(path)
    raise FetchError(
        "{name} cannot be kept on this machine ({reasons}).", reasons="; ".join(dict.fromkeys(reasons)), name=source.name
    )


def _download(source: Source, path: Path, report: Callable[[int, int | None], None]) -> None:
    try:
        response = urllib.request.urlopen(source.url, timeout=PATIENCE)
    except (OSError, HTTPException, ValueError) as error:
        raise FetchError(
            "{name} could not be had from {host} ({error}).", error=_reason(error), host=source.host, name=source.name
        ) from error
    with response, open(path, "wb") as file:
        size = response.headers.get("Content-Length", "")
        total, done = int(size) if size.isdecimal() else None, 0
        report(done, total)
        while piece := _piece(source, response):
            file.write(piece)
            done += len(piece)
            if done > MOST:
                raise FetchError("{name}: what came from {host} is something else.", host=source.host, name=source.name)
            report(done, total)
    if total is not None and done < total:
        raise FetchError(
            "{name} came from {host} in part only: {done:,} of {total:,} bytes.",
            total=total,
            done=done,
            host=source.host,
            name=source.name,
        )


def _piece(source: Source, response) -> bytes:
    try:
        return response.read(PIECE)
    except (OSError, HTTPException) as error:
        raise FetchError(
            "{name} could not be had from {host} ({error}).", error=_reason(error), host=source.host, name=source.name
        ) from error


def _reason(error: BaseException) -> str:
    reason = getattr(error, "reason", None) or error
    return (getattr(reason, "strerror", None) or str(reason) or type(reason).__name__).rstrip(".")
