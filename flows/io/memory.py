"""Memory that was freed goes back to the machine."""

import ctypes
import sys


def give_back() -> None:
    """What numpy and Python freed: the C library keeps it for them, and a night would carry it to its end.

    What polars frees goes back by itself. Where the C library is another than that of Linux, nothing happens.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)
