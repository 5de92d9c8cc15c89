"""`omnibus doctor`: a small module per dependency, each with a probe (does it answer?) and judgements of what it says.

A probe raises `Fault`; `omnibus status` uses the same ones. `checks` is the table of everything that is looked at.
"""
