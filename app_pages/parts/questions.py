"""What stands on the teacher's sheet: twelve questions and where to point, and how a lesson goes."""

import html

# Question, where to point, its address below the app's, and the answer in a sentence.
QUESTIONS = [
    (
        "What does it see of my drawing?",
        "Look inside · 1 Picture",
        "inside?step=picture",
        "784 numbers: 28 × 28 pixels from 0 (page) to 1 (ink), with the digit in the middle.",
    ),
    (
        "What is a convolution?",
        "Look inside · 2 Convolution",
        "inside?step=convolution",
        "A small table of weights is laid on every place; weight times pixel, added up, makes one pixel of a new picture.",
    ),
    (
        "What does a kernel look for?",
        "Look inside · 2 Convolution, made by hand",
        "inside?step=convolution&weights=-1,-1,-1,0,0,0,1,1,1",
        "A pattern that is like its weights, as an edge; training finds such kernels by itself.",
    ),
    (
        "What is pooling for?",
        "Look inside · 4 Pooling",
        "inside?step=pooling&moved=1",
        "A stroke may lie a pixel farther and gives nearly the same numbers.",
    ),
    (
        "Where do the probabilities come from?",
        "Look inside · 6 Sums and 7 Softmax",
        "inside?step=sums",
        "Each answer has a sum of what speaks for it and against it; softmax turns sums into shares of 100 %.",
    ),
    (
        "Why did it say 7?",
        "Look inside · 8 Why?",
        "inside?step=why",
        "Orange ink spoke for it, blue ink against it.",
    ),
    (
        "What is it unsure about?",
        "Draw, half a 4 and half a 9",
        ".",
        "About the answers whose bars are long together.",
    ),
    (
        "How good is it, and for whom not?",
        "How good is it?",
        "report",
        "Of 1,000 digits by people it has never seen, it reads some 990; the page shows those that it gets wrong.",
    ),
    (
        "What happens with something that is no digit?",
        "Draw, a face or a letter",
        ".",
        "It has learnt an eleventh answer, “no digit”, from scribbles and signs.",
    ),
    (
        "How was it trained?",
        "Look inside · Training",
        "inside?step=training",
        "It saw many thousand pictures, disturbed anew each time; all weights moved a little after each hundred.",
    ),
    (
        "What is overfitting?",
        "Train your own · A guided way",
        "train",
        "It knows its pictures by heart and new ones no better: the two curves part.",
    ),
    (
        "Can it learn my hand?",
        "Teach it",
        "teach",
        "Yes, from a few drawings: it compares new ones with them. Nothing else of the network changes.",
    ),
]
PARTS = [
    ("5 minutes", "Draw: who draws a digit that it cannot read? Who makes it say “not sure”?"),
    ("15 minutes", "Look inside: the overview while somebody draws, then step by step; in each there is something to try."),
    ("15 minutes", "Train your own: the class hands in digits with a code, and a network learns from them while all watch."),
    ("5 minutes", "How good is it? Whom does it read worst, and why?"),
]
HINTS = [
    "One laptop is enough: start the app, and full screen (top right) for the projector. Nothing needs the Internet.",
    "Tablets in the same network open the “Network URL” that the start command prints; 60 at once are no trouble.",
    "“Copy a link” (top right) gives the class what you show: the drawing, the step and what is chosen in it.",
    "Nothing that is drawn is stored. The class's digits lie in memory until you end the class, without names.",
]


def sheet() -> str:
    """The sheet in HTML."""
    rows = "".join(
        f'<tr><th scope="row">{number}. {html.escape(question)}</th>'
        f'<td><a href="{html.escape(address)}" target="_self">{html.escape(place)}</a></td><td>{html.escape(answer)}</td></tr>'
        for number, (question, place, address, answer) in enumerate(QUESTIONS, 1)
    )
    parts = "".join(f"<li><b>{html.escape(time)}</b> · {html.escape(what)}</li>" for time, what in PARTS)
    hints = "".join(f"<li>{html.escape(hint)}</li>" for hint in HINTS)
    return (
        f'<div class="dd-sheet-of-paper"><h2>How a lesson of 40 minutes goes</h2><ul>{parts}</ul>'
        f"<h2>Twelve questions, and where to point</h2><table><tbody>{rows}</tbody></table>"
        f"<h2>On one laptop</h2><ul>{hints}</ul></div>"
    )
