"""What stands on the teacher's sheet: twelve questions and where to point, and how a lesson goes."""

import html

from app_pages.locale import N_, _

# Question, where to point, its address below the app's, and the answer in a sentence.
QUESTIONS = [
    (
        N_("What does it see of my drawing?"),
        N_("Look inside · 1 Picture"),
        "inside?step=picture",
        N_("784 numbers: 28 × 28 pixels from 0 (page) to 1 (ink), with the digit in the middle."),
    ),
    (
        N_("What is a convolution?"),
        N_("Look inside · 2 Convolution"),
        "inside?step=convolution",
        N_("A small table of weights is laid on every place; weight times pixel, added up, makes one pixel of a new picture."),
    ),
    (
        N_("What does a kernel look for?"),
        N_("Look inside · 2 Convolution, made by hand"),
        "inside?step=convolution&weights=-1,-1,-1,0,0,0,1,1,1",
        N_("A pattern that is like its weights, as an edge; training finds such kernels by itself."),
    ),
    (
        N_("What is pooling for?"),
        N_("Look inside · 4 Pooling"),
        "inside?step=pooling&moved=1",
        N_("A stroke may lie a pixel farther and gives nearly the same numbers."),
    ),
    (
        N_("Where do the probabilities come from?"),
        N_("Look inside · 6 Sums and 7 Softmax"),
        "inside?step=sums",
        N_("Each answer has a sum of what speaks for it and against it; softmax turns sums into shares of 100%."),
    ),
    (
        N_("Why did it say 7?"),
        N_("Look inside · 8 Why?"),
        "inside?step=why",
        N_("Orange ink spoke for it, blue ink against it."),
    ),
    (
        N_("What is it unsure about?"),
        N_("Draw, half a 4 and half a 9"),
        ".",
        N_("About the answers whose bars are long together."),
    ),
    (
        N_("How good is it, and for whom not?"),
        N_("How good is it?"),
        "report",
        N_("Of 1,000 digits by people it has never seen, it reads some 990; the page shows those that it gets wrong."),
    ),
    (
        N_("What happens with something that is no digit?"),
        N_("Draw, a face or a letter"),
        ".",
        N_("It has learnt an eleventh answer, “no digit”, from scribbles and signs."),
    ),
    (
        N_("How was it trained?"),
        N_("Look inside · Training"),
        "inside?step=training",
        N_("It saw many thousand pictures, disturbed anew each time; all weights moved a little after each hundred."),
    ),
    (
        N_("What is overfitting?"),
        N_("Train your own · A guided way"),
        "train",
        N_("It knows its pictures by heart and new ones no better: the two curves part."),
    ),
    (
        N_("Can it learn my hand?"),
        N_("Teach it"),
        "teach",
        N_("Yes, from a few drawings: it compares new ones with them. Nothing else of the network changes."),
    ),
]
PARTS = [
    (N_("5 minutes"), N_("Draw: who draws a digit that it cannot read? Who makes it say “not sure”?")),
    (
        N_("15 minutes"),
        N_("Look inside: the overview while somebody draws, then step by step; in each there is something to try."),
    ),
    (
        N_("15 minutes"),
        N_("Train your own: the class hands in digits with a code, and a network learns from them while all watch."),
    ),
    (N_("5 minutes"), N_("How good is it? Whom does it read worst, and why?")),
]
HINTS = [
    N_("One laptop is enough: start the app, and full screen (top right) for the projector. Nothing needs the Internet."),
    N_("Tablets in the same network open the “Network URL” that the start command prints; 60 at once are no trouble."),
    N_("“Copy a link” (top right) gives the class what you show: the drawing, the step and what is chosen in it."),
    N_("Nothing that is drawn is stored. The class's digits lie in memory until you end the class, without names."),
]


def sheet() -> str:
    """The sheet in HTML."""
    rows = "".join(
        f'<tr><th scope="row">{number}. {_escaped(question)}</th>'
        f'<td><a href="{html.escape(address)}" target="_self">{_escaped(place)}</a></td><td>{_escaped(answer)}</td></tr>'
        for number, (question, place, address, answer) in enumerate(QUESTIONS, 1)
    )
    parts = "".join(f"<li><b>{_escaped(time)}</b> · {_escaped(what)}</li>" for time, what in PARTS)
    hints = "".join(f"<li>{_escaped(hint)}</li>" for hint in HINTS)
    headings = [
        N_("How a lesson of 40 minutes goes"),
        N_("Twelve questions, and where to point"),
        N_("On one laptop"),
    ]
    lesson, questions, laptop = map(_escaped, headings)
    return (
        f'<div class="dd-sheet-of-paper"><h2>{lesson}</h2><ul>{parts}</ul>'
        f"<h2>{questions}</h2><table><tbody>{rows}</tbody></table><h2>{laptop}</h2><ul>{hints}</ul></div>"
    )


def _escaped(sentence: str) -> str:
    """A sentence in the visitor's language, in HTML."""
    return html.escape(_(sentence))
