"""Pages of PDF documents, as scanners and telephones send them → pictures."""

import logging
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from model.ink.containers import MAX_SIDE, PictureError, PictureTooLargeError
from model.problems import N_

MAX_PAGES = 20  # of one document
INCH = 72  # points of a PDF
FINENESS = 200  # pixels to an inch: digits of 3 mm are 24 high
SMALLEST = 1_600  # pixels that the longer side of a small page gets
MAX_RENDERED = 12_000_000  # pixels of a large page

DAMAGED = N_("The document is damaged or cut off; send it again, as a whole PDF.")
PROTECTED = N_("The document is protected by a password; save it without one.")

_log = logging.getLogger(__name__)
_turn = threading.Lock()  # PDFium works for one thread at a time


def page_count(content: bytes) -> int:
    """How many pages a PDF document has.

    Raises:
        PictureError: it is damaged, protected, or has none.
        PictureTooLargeError: it has more than `MAX_PAGES`.
    """
    with _opened(content) as document:
        return _counted(document)


def render_page(content: bytes, page: int) -> np.ndarray:
    """A page of a PDF document, counted from 0, as it is shown upright on white paper: uint8 (H, W, 3), RGB.

    Raises:
        PictureError: as `page_count`; or it has no such page, or one that cannot be shown.
    """
    with _opened(content) as document:
        pages = _counted(document)
        if not 0 <= page < pages:
            raise PictureError(
                "There is no page {page} in the document; its last one is page {pages}.", page=page + 1, pages=pages
            )
        sheet = document[page]
        width, height = sheet.get_size()
        if not (width > 0 and height > 0 and math.isfinite(width * height)):
            raise PictureError(DAMAGED)
        scale = max(FINENESS / INCH, SMALLEST / max(width, height))
        scale = min(scale, math.sqrt(MAX_RENDERED / (width * height)), (MAX_SIDE - 1) / max(width, height))
        return sheet.render(scale=scale, rev_byteorder=True).to_numpy()[..., :3].copy()


@contextmanager
def _opened(content: bytes) -> Iterator:
    import pypdfium2
    from pypdfium2.raw import FPDF_ERR_PASSWORD

    with _turn:
        try:
            with pypdfium2.PdfDocument(content) as document:
                yield document
        except pypdfium2.PdfiumError as error:
            _log.info("A document cannot be shown: %r", error)
            is_protected = getattr(error, "err_code", None) == FPDF_ERR_PASSWORD
            raise PictureError(PROTECTED if is_protected else DAMAGED) from error


def _counted(document) -> int:
    pages = len(document)
    if pages == 0:
        raise PictureError(DAMAGED)
    if pages > MAX_PAGES:
        raise PictureTooLargeError("The document has {pages} pages, but at most {most} are taken.", pages=pages, most=MAX_PAGES)
    return pages
