"""Persons: identifiers become keyed hashes, and what people wrote loses its addresses and numbers."""

from __future__ import annotations

import hmac

import polars as pl

from transforms.distinct import once_each

PSEUDONYM_LENGTH = 16
MASKS = {"e-mail": "[e-mail]", "iban": "[IBAN]", "card": "[carte]", "phone": "[téléphone]"}

_GAP = "[ \u00a0\u202f\u2009.\\-]?"
_PATTERNS = {
    "e-mail": r"(?i)[a-z0-9._%+'\-]+(?:@|\s?\[at\]\s?|\s?\(at\)\s?)[a-z0-9\-]+(?:\.[a-z0-9\-]+)*\.[a-z]{2,}",
    # Country, check digits, then groups of four: with a digit ahead, or in capitals, as words of a sentence are not.
    "iban": rf"\b[A-Za-z]{{2}}[0-9]{{2}}(?:{_GAP}[0-9][A-Za-z0-9]{{3}}){{2,7}}(?:{_GAP}[A-Z0-9]{{1,3}})?\b"
    rf"|\b[A-Z]{{2}}[0-9]{{2}}(?:{_GAP}[A-Z0-9]{{4}}){{2,7}}(?:{_GAP}[A-Z0-9]{{1,3}})?\b",
    # No card begins with 0, and an international call does.
    "card": rf"\b[1-9](?:{_GAP}[0-9]){{12,18}}\b",
    "phone": rf"(?:\+|\b00)[1-9][0-9]{{0,2}}(?:{_GAP}\(0\))?(?:{_GAP}[0-9]){{6,13}}\b"
    rf"|\b0[1-9](?:{_GAP}[0-9]{{2}}){{4}}\b"
    rf"|\b0[1-9](?:{_GAP}[0-9]{{3}}){{2}}{_GAP}[0-9]{{2}}\b"
    r"|\(?\b[2-9][0-9]{2}\)?[ .\-][0-9]{3}[ .\-][0-9]{4}\b",
}


class KeyMissingError(ValueError):
    """There is no key, so nobody could be hidden."""


def require_key(key: bytes) -> bytes:
    """The same key, when there is one."""
    if not key:
        msg = (
            "no pseudonym key: customers and agents are stored only as keyed hashes, and the key is empty. "
            "Set BAROMETRE_KEY, or let the run create its key file, and keep it: another key makes other pseudonyms."
        )
        raise KeyMissingError(msg)
    return key


def pseudonym(identifier: str, key: bytes) -> str:
    """What is stored in place of one person's identifier: the start of its HMAC-SHA256, in hexadecimal.

    The same person has the same pseudonym in every source and column. An e-mail address counts without case;
    other identifiers are taken as they are, since two may differ by case alone.
    """
    return _pseudonym(identifier, hmac.new(require_key(key), digestmod="sha256"))


def _pseudonym(identifier: str, keyed: hmac.HMAC) -> str:
    """The same, from a hash that was given the key: to begin with the key each time doubles the work."""
    plain = identifier.strip()
    one = keyed.copy()
    one.update((plain.lower() if "@" in plain else plain).encode())
    return one.hexdigest()[:PSEUDONYM_LENGTH]


def pseudonyms(identifier: pl.Expr, key: bytes) -> pl.Expr:
    """A column of pseudonyms; where equal identifiers are many, each is hashed once."""
    keyed = hmac.new(require_key(key), digestmod="sha256")

    def hashed(values: pl.Series) -> pl.Series:
        plain = values.to_list()
        return pl.Series([None if one is None else _pseudonym(one, keyed) for one in plain], dtype=pl.String)

    def of_each(text: pl.Expr) -> pl.Expr:
        return text.map_batches(hashed, return_dtype=pl.String, is_elementwise=True)

    return once_each(identifier, of_each, pl.String())


def masked(text: pl.Expr) -> pl.Expr:
    """What a person wrote, without e-mail addresses, account, card and phone numbers."""
    for kind, pattern in _PATTERNS.items():
        text = text.str.replace_all(pattern, MASKS[kind])
    return text
