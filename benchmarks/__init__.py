"""Speed and memory of the whole, as ratios within one run: our machines are shared and noisy, seconds alone mean little.

`make bench` prints the table. Correctness is in `tests/`.
"""
