"""Whether arguments are what a statement is made of, told in one line where they are not."""

from __future__ import annotations

_MADE_BY = {
    "Approx": "an Approx, exactly(1.0) makes one of a constant",
    "Margin": "a Margin, such as at_least(a, b)",
}


def check_kinds(kind: type, where: str, /, **given: object) -> None:
    """Raises unless all arguments are of one kind.

    Args:
        kind: `Approx` or `Margin`.
        where: the function that asks, for the message.
        given: its arguments by name.

    Raises:
        TypeError: one of another kind.
    """
    for name, value in given.items():
        if not isinstance(value, kind):
            raise TypeError(f"{where}: {name}={value!r}; give {_MADE_BY[kind.__name__]}")
