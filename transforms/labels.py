"""How words of an export are compared: without case, accents kept, blanks trimmed and single."""

from __future__ import annotations

import re
import unicodedata

import polars as pl

_VARIANTS = "[\ufe0e\ufe0f\u200d]"
"""Selectors that only choose how an emoji is drawn."""
_APOSTROPHES = "[\u2019\u02bc]"
_BLANKS = "[\\s\u200b\ufeff]+"


def label_key(label: str) -> str:
    """One label in the form in which labels are compared."""
    plain = re.sub(_VARIANTS, "", unicodedata.normalize("NFC", label))
    return re.sub(_BLANKS, " ", re.sub(_APOSTROPHES, "'", plain)).strip().lower()


def label_keys(text: pl.Expr) -> pl.Expr:
    """A column of labels in the form in which labels are compared."""
    plain = text.str.normalize("NFC").str.replace_all(_VARIANTS, "").str.replace_all(_APOSTROPHES, "'")
    return plain.str.replace_all(_BLANKS, " ").str.strip_chars().str.to_lowercase()


def codes(text: pl.Expr) -> pl.Expr:
    """A column of codes: lower case, accents folded, blanks as one underscore; null where nothing is left."""
    folded = label_keys(text).str.replace_all("œ", "oe").str.replace_all("æ", "ae").str.replace_all("ß", "ss")
    plain = folded.str.normalize("NFKD").str.replace_all(r"\p{M}", "").str.replace_all(" ", "_")
    return pl.when(plain != "").then(plain)
