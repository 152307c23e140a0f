"""Is a live caller there now? round: start there. challenge is what is asked; colour, turn: checks."""
