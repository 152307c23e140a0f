"""Files and streams in and out. The only room that imports av."""
