"""Stores of segments and their vectors: LanceDB, which needs no server, and Weaviate, which many machines share."""
