"""Every answer scale: its ends, which end is good, from where an answer counts as good, and the words people use.

What counts as satisfied, or as easy, is a property of the scale: declared here, or in `data/reference/scales.toml`,
never guessed from the data. Scores are held in thousandths of a step, so that 4.5 stars stay exact.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from expectations.errors import DefinitionError
from transforms.labels import label_key

EASE, EFFORT = "ease", "effort"
_OPTIONS = ("low", "high", "good_from", "polarity", "labels", "fr", "en")


class ScaleError(DefinitionError):
    """A scale is unknown, contradicts itself, or does not suit what is measured."""


@dataclass(frozen=True, kw_only=True)
class Scale:
    """One answer scale."""

    scale_id: str
    low_milli: int
    high_milli: int
    good_from_milli: int
    """From this answer the customer is satisfied, or it was easy; where low is good: down to the low end from here."""
    polarity: str = ""
    """`ease` (high is easy) or `effort` (low is easy): a customer effort scale. Empty: up is better."""
    labels: Mapping[str, int] = field(default_factory=dict)
    """Words and emoji, as `label_key` writes them, to thousandths."""
    fr: str = ""
    en: str = ""

    def __post_init__(self) -> None:
        """Refuse a scale whose values contradict each other."""
        inside = [self.good_from_milli, *self.labels.values()]
        if self.low_milli >= self.high_milli or any(not self.low_milli <= v <= self.high_milli for v in inside):
            msg = (
                f"scale {self.scale_id!r}: low {self.low_milli}, high {self.high_milli}, good_from and labels {inside} "
                "(thousandths). low must be under high, and the others lie between: correct the scale."
            )
            raise ScaleError(msg)
        if self.polarity not in {"", EASE, EFFORT}:
            msg = (
                f"scale {self.scale_id!r}: polarity {self.polarity!r} is not known. "
                f"Write {EASE!r} (high is easy) or {EFFORT!r} (low is easy)."
            )
            raise ScaleError(msg)

    @property
    def is_low_good(self) -> bool:
        """Whether the lowest answer is the best one."""
        return self.polarity == EFFORT


def require_scale(kind: str, scale: Scale) -> Scale:
    """The same scale, when it suits what is measured; an error that says why otherwise."""
    if problem := unsuitable(kind, scale):
        raise ScaleError(problem)
    return scale


def unsuitable(kind: str, scale: Scale) -> str:
    """Why a scale cannot carry this kind of question; empty when it can."""
    if kind == "ces" and not scale.polarity:
        return (
            f'scale "{scale.scale_id}" does not say whether a high answer is easy. A CES scale needs a polarity: use '
            f'"ease_{scale.scale_id}" (high is easy) or "effort_{scale.scale_id}" (low is easy), or declare one in '
            'reference/scales.toml with polarity = "ease" or "effort"'
        )
    if kind in {"nps", "enps"} and (scale.low_milli, scale.high_milli) != (0, 10_000):
        return f'scale "{scale.scale_id}" does not go from 0 to 10, and a recommendation (NPS, eNPS) does: use "0-10"'
    if kind in {"csat", "engagement"} and scale.polarity:
        advice = {
            "csat": 'not satisfaction: use kind = "ces", or another scale',
            "engagement": "use one of satisfaction",
        }
        return f'scale "{scale.scale_id}" measures {scale.polarity}, {advice[kind]}'
    return ""


Words = Mapping[int, str]
"""What people write for each answer, apart by a bar."""


def _labels(*lists: Words) -> dict[str, int]:
    entries = ((word, value * 1000) for words in lists for value, known in words.items() for word in known.split("|"))
    return {label_key(word): value for word, value in entries}


def _inverted(words: Words) -> Words:
    return {min(words) + max(words) - value: known for value, known in words.items()}


_STARS = {
    n: "|".join(
        ("★" * n, "★" * n + "☆" * (5 - n), "⭐" * n, "🌟" * n, f"{n} étoile", f"{n} étoiles", f"{n} star", f"{n} stars")
    )
    for n in range(1, 6)
}
_FIVE = {
    5: "très satisfait|très satisfaite|très satisfait(e)|tout à fait satisfait|very satisfied|"
    "excellent|excellente|😀|😄|😍|🤩",
    4: "satisfait|satisfaite|satisfait(e)|plutôt satisfait|plutôt satisfaite|satisfied|good|bon|bien|🙂|😊",
    3: "neutre|ni satisfait ni insatisfait|moyennement satisfait|neutral|neither satisfied nor dissatisfied|"
    "ok|okay|correct|moyen|😐",
    2: "insatisfait|insatisfaite|insatisfait(e)|plutôt insatisfait|plutôt insatisfaite|peu satisfait|peu satisfaite|"
    "dissatisfied|unsatisfied|bad|mauvais|🙁|😕|☹",
    1: "très insatisfait|très insatisfaite|très insatisfait(e)|pas du tout satisfait|pas du tout satisfaite|"
    "very dissatisfied|very unsatisfied|terrible|très mauvais|😡|😠|😞|😢",
}
_FOUR = {
    4: "très satisfait|très satisfaite|tout à fait satisfait|very satisfied|excellent|très bon",
    3: "satisfait|satisfaite|plutôt satisfait|plutôt satisfaite|satisfied|bon|bien|good",
    2: "peu satisfait|peu satisfaite|plutôt insatisfait|plutôt insatisfaite|insatisfait|insatisfaite|dissatisfied|"
    "moyen|passable|fair",
    1: "pas du tout satisfait|pas du tout satisfaite|très insatisfait|très insatisfaite|very dissatisfied|"
    "mauvais|médiocre|bad|poor",
}
_THREE = {
    3: "satisfait|content|heureux|happy|satisfied|vert|green|😀|😃|😄|🙂|😊|🟢",
    2: "neutre|moyen|neutral|orange|jaune|amber|yellow|😐|🟠|🟡",
    1: "insatisfait|mécontent|unhappy|dissatisfied|rouge|red|🙁|☹|😞|😡|😠|🔴",
}
_YES_NO = {
    1: "oui|yes|y|o|vrai|true|good|satisfait|👍|sim|ja|sí",
    0: "non|no|n|faux|false|bad|insatisfait|👎|não|nee|nein",
}
_EASE_5 = {
    5: "très facile|very easy",
    4: "facile|easy",
    3: "neutre|ni facile ni difficile|neutral|neither easy nor difficult",
    2: "difficile|difficult",
    1: "très difficile|very difficult",
}
_EASE_7 = {
    7: "tout à fait d'accord|strongly agree|extrêmement facile|très facile|very easy",
    6: "d'accord|agree|facile|easy",
    5: "plutôt d'accord|somewhat agree|plutôt facile|somewhat easy",
    4: "ni d'accord ni pas d'accord|neither agree nor disagree|neutre|neutral",
    3: "plutôt pas d'accord|somewhat disagree|plutôt difficile|somewhat difficult",
    2: "pas d'accord|disagree|difficile|difficult",
    1: "pas du tout d'accord|strongly disagree|extrêmement difficile|très difficile|very difficult",
}


def _scale(
    scale_id: str, ends: tuple[int, int], good_from: int, titles: tuple[str, str], *words: Words, polarity: str = ""
) -> Scale:
    low, high = ends
    return Scale(
        scale_id=scale_id,
        low_milli=low * 1000,
        high_milli=high * 1000,
        good_from_milli=good_from * 1000,
        polarity=polarity,
        labels=_labels(*words),
        fr=titles[0],
        en=titles[1],
    )


_SHARE = Scale(
    scale_id="0-1", low_milli=0, high_milli=1000, good_from_milli=800, fr="Part de 0 à 1", en="Share, 0 to 1"
)
"""No words stand behind a share; four fifths are good, as 8 of 10 and 4 of 5 are."""

SCALES: dict[str, Scale] = {
    scale.scale_id: scale
    for scale in (
        _scale("1-5", (1, 5), 4, ("Note de 1 à 5", "Score from 1 to 5"), _FIVE, _STARS),
        _scale("1-7", (1, 7), 6, ("Note de 1 à 7", "Score from 1 to 7")),
        _scale("1-10", (1, 10), 8, ("Note de 1 à 10", "Score from 1 to 10")),
        _scale("0-10", (0, 10), 8, ("Note de 0 à 10", "Score from 0 to 10")),
        _scale("yes_no", (0, 1), 1, ("Oui ou non", "Yes or no"), _YES_NO),
        _scale("faces_3", (1, 3), 3, ("Trois visages", "Three faces"), _THREE),
        _scale("words_5", (1, 5), 4, ("Cinq mots", "Five words"), _FIVE),
        _scale("words_4", (1, 4), 3, ("Quatre mots", "Four words"), _FOUR),
        _scale("stars_5", (1, 5), 4, ("Cinq étoiles", "Five stars"), _STARS),
        _SHARE,
        _scale("0-100", (0, 100), 80, ("Note de 0 à 100", "Score from 0 to 100")),
        _scale("ease_1-5", (1, 5), 4, ("Facilité, 1 à 5", "Ease, 1 to 5"), _EASE_5, polarity=EASE),
        _scale("ease_1-7", (1, 7), 5, ("Facilité, 1 à 7", "Ease, 1 to 7"), _EASE_7, polarity=EASE),
        _scale("effort_1-5", (1, 5), 2, ("Effort, 1 à 5", "Effort, 1 to 5"), _inverted(_EASE_5), polarity=EFFORT),
        _scale("effort_1-7", (1, 7), 3, ("Effort, 1 à 7", "Effort, 1 to 7"), polarity=EFFORT),
    )
}


def parse_scales(document: Mapping[str, Any]) -> dict[str, Scale]:
    """All scales by name: those of the house, then those of `reference/scales.toml`, which win.

    Each table of the document is a scale: `low`, `high`, `good_from` (numbers of at most three decimals), for a CES
    scale `polarity`, and if need be `labels` (`"4" = ["plutôt bien"]`), `fr`, `en`.
    """
    return SCALES | {name: _parsed(name, table) for name, table in document.items()}


def _parsed(name: str, table: Mapping[str, Any]) -> Scale:
    for option in table:
        if option not in _OPTIONS:
            near = difflib.get_close_matches(option, _OPTIONS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"write one of {', '.join(_OPTIONS)}."
            msg = f"scales.toml: scale {name!r} has {option!r}, which is not an option of a scale: {hint}"
            raise ScaleError(msg)
    for option in _OPTIONS[:3]:
        if option not in table:
            msg = f"scales.toml: scale {name!r} has no {option!r}; there is {sorted(table)}: add it."
            raise ScaleError(msg)
    labels = {
        label_key(word): _milli(name, value) for value, words in table.get("labels", {}).items() for word in words
    }
    return Scale(
        scale_id=name,
        low_milli=_milli(name, table["low"]),
        high_milli=_milli(name, table["high"]),
        good_from_milli=_milli(name, table["good_from"]),
        polarity=table.get("polarity", ""),
        labels=labels,
        fr=table.get("fr", name),
        en=table.get("en", name),
    )


def _milli(name: str, value: object) -> int:
    """Thousandths, exactly: through the written form, because 0.7 * 1000 is not 700 in binary."""
    try:
        milli = Decimal(str(value)) * 1000
        if milli == int(milli):
            return int(milli)
    except (InvalidOperation, ValueError, OverflowError):
        pass
    msg = f"scales.toml: scale {name!r} has the value {value!r}: write a number of at most three decimals."
    raise ScaleError(msg)
