"""The stacks: which servers run, how they are started, watched and stopped."""
