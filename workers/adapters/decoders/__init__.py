"""From the bytes of an object to a text or a picture, in a child process with limits."""
