"""How much of one page is read: it may hold any amount of ink, and reading it must end soon all the same.

What lies beyond is left out and counted (`Page.left_out`, `Reading.left_out`). Amounts of work are limited, not seconds,
so that a page is read the same on every machine.
"""

# Pieces.
MOST_COMPONENTS = 600  # those with most ink: 500 digits and some dirt; as many boxes of a form
COMPONENT_AREAS = 3  # pages that the boxes around all components cover together; frames around digits cover two

# Printed lines, in each direction. A form of 300 boxes that stand apart has 600.
MOST_STRAIGHT = 600  # the longest; pairs of them are compared
STRAIGHT_AREAS = 1  # pages that the boxes around them cover together; level lines are slim
FRAME_ROUNDS = 30  # in which what meets nothing at its ends is dropped; frames of forms take three
MOST_REGIONS = 2_000  # that lines enclose; of more, no form consists

# The rest of the work is counted in pictures, one being what the network, and what is done before, takes for one: 0.7 ms
# of a core.
SHEET_PIXELS = 900 * 260  # the sheet of "Read a number", which is read while the pen moves; no larger images are …
SHEET_PICTURES = 220  # … read with so many: five digits that touch take 130
PAGE_PICTURES = 1_600  # 500 digits take 1,200, and a second
PICTURE_PIXELS = 250_000  # of candidates that are joined and made small in the time for one picture
CUT_PICTURES = 1.5  # for which a component is tried to be cut …
CUT_COLUMNS = 50  # … and how many of its columns, at `CUT_HEIGHT`, take as long as one
BATCH = 128  # pictures that the network reads at once: its layers' maps of more fill the memory
