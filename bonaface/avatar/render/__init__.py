"""A pose becomes a picture: the mesh is drawn from the photo, then eyes, lashes and mouth on it."""
