"""How much of one page is read: it may hold any amount of ink, and reading it must end soon all the same.

What lies beyond is left out and counted (`Reading.left_out`). Amounts of work are limited, not seconds, so that a page is
read the same on every machine.
"""

MOST_FINDS = 600  # on a page: 500 digits and some marks; those that stand out most
MOST_COMPONENTS = 1_500  # pieces of ink that are looked at one by one: those with most ink
MOST_PIXELS = 1_200_000  # of a page at one scale where ink is; no page is looked at larger
TRIED_PIXELS = 500_000  # of all scales together that are tried if nothing was found where the ink is
TILE = 400  # pixels a side that the network looks at at once: its layers' maps of more fill the memory
BATCH = 128  # pictures of single digits that the network reads at once
