"""From a question to exactly one terminal reply."""
