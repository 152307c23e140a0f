"""A pose becomes a picture: the mesh is drawn from the photo, then mouth, eyes and lids on it."""
