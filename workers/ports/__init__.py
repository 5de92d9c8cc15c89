"""What the flows need from outside, as Protocols; the docstrings are the contracts that `tests/contract` checks."""
