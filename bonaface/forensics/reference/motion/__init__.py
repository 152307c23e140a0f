"""How the enrolled person moves when speaking: described, kept, compared."""
