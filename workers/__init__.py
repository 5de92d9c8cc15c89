"""Whoever takes something off the bus: dispatchers, the two flows, and the adapters to everything outside."""
