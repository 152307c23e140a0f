"""Traces of blending in faces. inspector: start there."""
