"""What tells everyone that a medium was made: visible label, hidden watermark, signed credentials."""
