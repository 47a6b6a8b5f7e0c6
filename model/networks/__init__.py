"""What each network is, how it is trained, and what happens inside it."""
