"""What went wrong, said so that a person understands it and a translator can say it, too."""


def N_(sentence: str) -> str:  # noqa: N802  gettext's own name for it
    """The same sentence: marks it for translators where it stands, to be translated where it is shown (GNU gettext, "Special
    Cases of Translatable Strings")."""
    return sentence


class Problem(Exception):
    """A problem as a person is told of it.

    Args:
        sentence: in English; its gaps stand in braces, as for `str.format`.
        values: what belongs into the gaps, by name.

    Attributes:
        sentence, values: the same, for those who say it in another language. `str` of it is the English sentence.
    """

    def __init__(self, sentence: str, **values):
        super().__init__(sentence.format(**values) if values else sentence)
        self.sentence, self.values = sentence, values

    def __reduce__(self):  # it comes back from other processes
        return _again, (type(self), self.sentence, self.values)


def _again(kind: type[Problem], sentence: str, values: dict) -> Problem:
    return kind(sentence, **values)
