"""The hidden mark in pictures: `mark` puts it in, `reader` finds it."""
