"""Perception of faces: where they are, their landmarks, what belongs to the person."""
