"""Live: one face, one timeline, and the tasks between what drives it and who watches it."""
