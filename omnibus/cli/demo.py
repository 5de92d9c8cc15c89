"""`omnibus demo`: the main job on the embedded stack, with the files and questions of `examples/`."""
