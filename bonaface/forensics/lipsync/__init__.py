"""Do these lips make this sound? inspector: start there."""
