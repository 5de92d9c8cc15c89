"""The message bus, as a dispatcher reads it."""
