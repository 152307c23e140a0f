"""Are the checks equally good for everybody? An audit of error rates by group."""
