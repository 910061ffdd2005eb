"""The error of a declaration, apart from what it declares: whoever only catches it need not load polars."""

from __future__ import annotations


class DefinitionError(ValueError):
    """A contract or a metric contradicts itself; raised at import, never at night."""
