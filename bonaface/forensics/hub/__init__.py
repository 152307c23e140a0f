"""Published detectors from a model hub, by name: shown, and deciding nothing."""
