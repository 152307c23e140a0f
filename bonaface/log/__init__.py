"""What was made here and what was taken back: an append-only log in which each entry vouches."""
