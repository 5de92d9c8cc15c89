"""Whoever puts something on the bus or into the bucket; the client SDK. Installs without torch."""
