"""Did a network enlarge or redraw the face? inspector: start there."""
