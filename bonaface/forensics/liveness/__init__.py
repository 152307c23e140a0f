"""Is a live caller there now? round: start there. challenge: what is asked; colour, turn."""
