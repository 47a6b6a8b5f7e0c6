"""The app: one script for each entry of the menu, and below them what they share."""
