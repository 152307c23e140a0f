"""Does a detector err more often on some people than on others? Start at audit.

Skin tone is estimated here only, offline, in an audit; no check does it, and nothing is kept but
counts.
"""
