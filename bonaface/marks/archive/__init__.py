"""Manifests kept under their hidden marks, and found again: here, or by `resolver`."""
