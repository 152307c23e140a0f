"""Is this the person it claims to be? Enrolled with consent, compared by voice, face and motion."""
