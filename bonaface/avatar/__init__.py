"""The talking face: photo to rig, speech to lips, rig and pose to picture."""
