"""Who said yes to what: signed records, and the policy that turns one into a permit."""
