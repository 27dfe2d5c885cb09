"""What goes wrong with a user's data."""


class DataError(Exception):
    """The data cannot be used; the message, one line, says what would be right."""
