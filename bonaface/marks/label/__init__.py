"""The visible label, the opening card of recordings, and what is heard instead."""
