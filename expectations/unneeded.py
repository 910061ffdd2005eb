"""Modules that Great Expectations imports and we never use wait until something of them is asked for.

One of its expectations, on the divergence of two distributions, imports `scipy.stats` and draws with `altair`: a second
of every start and 80 MB of every run. Whoever does use them finds them as they are.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType

UNNEEDED = ("altair", "scipy.stats")
_OF_MODULES = frozenset({"__all__", "__path__", "__version__"})
"""Asked for by whoever imports from a module; other names of this kind are asked of every module that there is."""


class Unneeded(ModuleType):
    """A module that was imported, and is loaded once it is used."""

    def __init__(self, name: str) -> None:
        """The module of this name."""
        super().__init__(name)
        self.__spec__ = ModuleSpec(name, loader=None, is_package=True)

    def __getattr__(self, name: str) -> object:
        """Something of the module itself."""
        if name.startswith("__") and name not in _OF_MODULES:
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


def wait() -> None:
    """Let these modules wait, unless somebody has loaded them already."""
    for name in UNNEEDED:
        sys.modules.setdefault(name, Unneeded(name))
