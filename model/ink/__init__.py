"""Pixels → ink: files, pages, one digit, strokes of a pen."""
