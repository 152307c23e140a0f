"""The talking face: a photo becomes a rig, speech becomes lips, a rig and a pose become a picture."""
