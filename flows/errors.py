"""Errors that are for the person who started the command: shown as a message, without a traceback."""


class PlainError(Exception):
    """What happened, to which file, what was found there, what to do."""
