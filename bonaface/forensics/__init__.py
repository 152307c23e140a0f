"""Evidence about a medium, and the verdict drawn from it."""
