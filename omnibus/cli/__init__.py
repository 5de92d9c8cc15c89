"""The `omnibus` command: one module a command."""
