"""Who signs: `signing` opens the signer that the settings choose."""
