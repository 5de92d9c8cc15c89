"""Locks between processes, on one machine or on many."""
