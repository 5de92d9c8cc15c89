"""The `omnibus` command: one module a command; `app` puts them together."""
