"""The front door: settings, stacks and the `omnibus` command. The only package that knows everything."""
