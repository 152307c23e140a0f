"""What a file says of itself: its tags, read within bounds. Nothing is decoded, run or fetched."""
