"""Ink → what stands there: one digit, or a whole page of them."""
