"""How good is it? What the network scored, for people who would rather look than read."""

import streamlit as st

from app_pages.components.moment import show_moment
from app_pages.locale import _, told
from app_pages.parts import network, way
from app_pages.parts.accuracy import show_accuracy, show_digits
from app_pages.parts.bearing import show_disturbances
from app_pages.parts.certainty import show_no_digit, show_reliability
from app_pages.parts.headings import hidden_heading
from app_pages.parts.learning import show_teaching
from app_pages.parts.misreadings import show_numbers
from app_pages.parts.mistakes import show_confusion
from app_pages.parts.origin import show_layers, show_origin, show_training
from app_pages.parts.way import show_way
from model import paths
from model.scores.report import ReportError, lacking, read_report

LACKING = {
    "reliability": _("whether it knows when it is unsure"),
    "disturbances": _("how much it can bear"),
    "numbers": _("whether it reads whole numbers"),
    "no_digit": _("whether it notices what is no digit"),
    "teaching": _("how well it can be taught"),
}


@st.cache_data(max_entries=2, show_spinner=False)
def report_of(path, version) -> dict:
    """The report at `path`, read once for all visitors until the file changes."""
    return read_report(path)


def the_report() -> dict | None:
    """The report, or None once the page has said why there is none and what makes one."""
    try:
        report = report_of(paths.REPORT, network.version(paths.REPORT))
    except ReportError as error:
        st.warning(
            _(
                "{problem} The command `python train.py --evaluate` makes a new one for the weights that there are; "
                "`python train.py` trains new ones first.",
                problem=told(error),
            )
        )
        return None
    if absent := lacking(report):
        st.info(
            _(
                "This report was made by an earlier version. `python train.py --evaluate` makes a new one, which also says: "
                "{parts}.",
                parts=_("; ").join(LACKING[part] for part in absent),
            )
        )
    return report


@st.fragment
def show_part(loading, report: dict | None) -> None:
    """The part of the page at which the visitor is; what is chosen in it runs it alone."""
    part = show_way({name: title for name, title in PARTS.items() if is_told(report, name)}, "part")
    with st.container(key=f"part_{part}"):
        if part == "disturbances":
            show_disturbances(report)
        elif part == "layers":
            show_layers(loading, report)
        else:
            SHOWN_OF_REPORT[part](report)
    show_moment({"part": part})


def is_told(report: dict | None, part: str) -> bool:
    """Whether there is something to show: a report of an earlier version has not all of it."""
    if report is None or part in ("disturbances", "layers"):
        return part in ("disturbances", "layers")
    if part == "certainty":
        return all("reliability" in scores for scores in report["sets"].values())
    return bool(report.get(part)) if part in ("numbers", "no_digit", "teaching") else True


PARTS = {
    "accuracy": _("Accuracy"),
    "mistakes": _("Mistakes"),
    "digits": _("Digits"),
    "certainty": _("Certainty"),
    "disturbances": _("Disturbances"),
    "numbers": _("Numbers"),
    "no_digit": _("No digit"),
    "teaching": _("Teaching"),
    "training": _("Training"),
    "origin": _("Origin"),
    "layers": _("Layers"),
}
SHOWN_OF_REPORT = {
    "accuracy": show_accuracy,
    "mistakes": show_confusion,
    "digits": show_digits,
    "certainty": show_reliability,
    "numbers": lambda report: show_numbers(report["numbers"]),
    "no_digit": show_no_digit,
    "teaching": lambda report: show_teaching(report["teaching"]),
    "training": show_training,
    "origin": show_origin,
}


def show_page(loading) -> None:
    hidden_heading(_("How good is it?"))
    network.say_failure(loading)
    report = the_report()
    show_part(loading, report)
    if not loading.done():
        network.wait()


way.arrive(PARTS, "part")
with st.container(key="report"):
    show_page(network.recognizer())
