"""Live credentials: signed beginnings and segments of CMAF (C2PA 2.3, section 19.4), and reading."""
