"""Setting up what the flows need on the servers, where it is missing; each function says in a line what it changed."""
