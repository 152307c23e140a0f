"""Who answers: a scripted scenario, or a language model behind an address. Start at mind.py."""
