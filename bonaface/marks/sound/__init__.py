"""The hidden mark in sound: `mark` puts it in, `reader` finds it."""
