"""What can go wrong with a stack, in one line for the user."""


class StackFailed(Exception):
    """The stack could not start, or stopped by itself. The message says which part, why, and what to look at."""
