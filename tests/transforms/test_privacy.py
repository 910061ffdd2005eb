"""Nobody is stored by name, and nobody's address is stored in a verbatim."""

from __future__ import annotations

import hashlib
import hmac

import polars as pl
import pytest

from transforms.privacy import KeyMissingError, masked, pseudonym, pseudonyms

KEY = b"key"

VERBATIMS = """
    Écrivez à jean.dupont+sav@exemple.co.fr, merci   | Écrivez à [e-mail], merci
    MARIE@EXEMPLE.FR                                 | [e-mail]
    au 06 12 34 56 78 ou 06.12.34.56.78.             | au [téléphone] ou [téléphone].
    0612345678                                       | [téléphone]
    +33 (0)6 12 34 56 78                             | [téléphone]
    +33612345678                                     | [téléphone]
    0032 470 12 34 56                                | [téléphone]
    FR76 3000 6000 0112 3456 7890 189 svp            | [IBAN] svp
    fr7630006000011234567890189                      | [IBAN]
    GB82 WEST 1234 5698 7654 32                      | [IBAN]
    carte 4970-1012 3456 7890!                       | carte [carte]!
    4970101234567890                                 | [carte]
    le ticket 123456 du 12/03/2026 à 10h30           | le ticket 123456 du 12/03/2026 à 10h30
    commande 2026-000123 de 1 234,56 €               | commande 2026-000123 de 1 234,56 €
    en 20 minutes, note 10/10, 3 appels              | en 20 minutes, note 10/10, 3 appels
    CB02 quand tout marche bien pour moi             | CB02 quand tout marche bien pour moi
"""


def test_verbatims_lose_addresses_and_numbers_and_nothing_else() -> None:
    lines = [[part.strip() for part in line.split("|")] for line in VERBATIMS.strip().splitlines()]
    frame = pl.DataFrame(lines, schema=["text", "expected"], orient="row")
    found = frame.select(masked(pl.col("text"))).to_series().to_list()
    assert found == frame["expected"].to_list()


def test_a_no_break_blank_hides_no_phone_number() -> None:
    frame = pl.DataFrame({"text": ["06\u00a012\u202f34\u00a056\u00a078"]})
    assert frame.select(masked(pl.col("text"))).item() == "[téléphone]"


def test_a_pseudonym_is_the_start_of_the_hmac() -> None:
    expected = hmac.new(KEY, b"42", hashlib.sha256).hexdigest()[:16]
    frame = pl.LazyFrame({"id": ["42", " 42", "43", "42", None]}).select(pseudonyms(pl.col("id"), KEY)).collect()
    found = frame["id"].to_list()
    assert found[0] == found[1] == found[3] == expected
    assert found[2] != expected
    assert found[4] is None


def test_an_address_counts_without_case_and_an_identifier_with_it() -> None:
    assert pseudonym("Jean@X.fr", KEY) == pseudonym("jean@x.fr", KEY)
    assert pseudonym("aB1", KEY) != pseudonym("ab1", KEY)
    assert pseudonym("42", KEY) != pseudonym("42", b"other")


def test_no_rows_have_no_pseudonyms() -> None:
    frame = pl.LazyFrame(schema={"id": pl.String}).select(pseudonyms(pl.col("id"), KEY)).collect()
    assert frame.is_empty()


def test_without_a_key_nothing_is_stored() -> None:
    with pytest.raises(KeyMissingError, match="the key is empty"):
        pseudonyms(pl.col("id"), b"")
