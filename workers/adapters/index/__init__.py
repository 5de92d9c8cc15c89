"""Stores of segments and their vectors: LanceDB, which needs no server."""
