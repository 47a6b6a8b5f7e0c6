"""Imported by the process that all others are forked from, and by no other: what it holds is in memory once for all of them,
and there as soon as they begin."""

import logging
import os

from app_pages.parts.workers import NICENESS

if hasattr(os, "nice"):
    os.nice(NICENESS)  # whoever opens a page meanwhile comes first; none that is forked is more urgent

import app_pages.parts.jobs  # noqa: F401
import model.reading.recognizer  # noqa: F401
from model.networks import own

try:
    own.mnist_here()
    own.pens_here()
except Exception:  # without which this process would end, and no other could begin
    logging.getLogger(__name__).exception("The pictures to train and to test with cannot be loaded")
