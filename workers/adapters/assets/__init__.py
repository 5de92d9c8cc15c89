"""Models as content-addressed assets: what there is (`catalog`), and how it gets onto this machine (`store`)."""
