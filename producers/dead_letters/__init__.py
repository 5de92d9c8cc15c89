"""What is on the dead-letter topics: reading it, choosing from it, sending it back to where it came from."""
