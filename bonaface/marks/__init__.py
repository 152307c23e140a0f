"""What tells everyone that a medium was made: label, hidden marks, signed credentials."""
