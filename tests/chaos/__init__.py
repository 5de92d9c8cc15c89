"""Chaos: a load on a whole stack while its processes are killed; then bucket, index and replies are compared.

`plan` says what happens, from a seed; `load` and `faults` do it; `witness` and `recovery` watch; `judge` compares.
`run` puts them together, for `make chaos` (`__main__`) and for the short run of the test suite.
"""
