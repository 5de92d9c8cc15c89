"""Cutting texts into segments."""
