"""Live credentials: CMAF that is signed as it comes (C2PA 2.3, section 19.4), and read."""
