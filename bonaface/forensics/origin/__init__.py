"""What marks, credentials and traces say of where a file came from. evidence: start there."""
