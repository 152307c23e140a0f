"""Streams signed segment by segment: from files, folders and playlists. stream: start there."""
