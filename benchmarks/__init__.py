"""Speed and memory of the whole, as ratios within one run: machines are noisy, seconds alone mean little.

`make bench` prints the table. Correctness is in `tests/`.
"""
