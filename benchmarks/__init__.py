"""How fast we are beside our peers, in one run: `python -m benchmarks`. Never a timed test.

A subject is a module here with a function `comparisons(*, quick: bool) -> Iterable[Row]`; modules
whose names begin with an underscore help.
"""
