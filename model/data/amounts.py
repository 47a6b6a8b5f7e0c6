"""Amounts as people write them → numbers."""

import re
from decimal import Decimal


def amount(text: str) -> Decimal:
    """The number that a line of digits with marks stands for: "1,234.50" and "1.234,50" are 1234.50.

    The last mark is the decimal mark, unless it occurs more than once, or three digits follow it and it is the only
    one: "1.234" is 1234.

    Raises:
        ValueError: it holds no digit, or something other than digits, points and commas.
    """
    if not re.fullmatch(r"[0-9.,]*[0-9][0-9.,]*", text):
        raise ValueError(f"{text!r} is no amount; digits, points and commas are taken.")
    marks = re.findall(r"[.,]", text)
    whole, part = text, ""
    if marks:
        before, _, after = text.rpartition(marks[-1])
        if marks.count(marks[-1]) == 1 and (len(after) != 3 or len(marks) > 1):
            whole, part = before, after
    return Decimal(f"{re.sub('[.,]', '', whole) or '0'}.{part or '0'}")
