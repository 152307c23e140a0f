"""Is this speech made by a machine?"""
