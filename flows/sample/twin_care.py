"""The slow twin of self-service, the bot, reviews of quality, and what the team itself answers."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from fractions import Fraction

from flows.sample.figures import Figures, Span, mean, share, there
from flows.sample.quality import GRID
from flows.sample.twin import DAY_S, END, SURVEY_WINDOW_S, Row
from flows.sample.twin_shop import Moments

_DEFLECTED_S, _RECONTACTED_S = DAY_S, 3 * DAY_S
_PROMOTER, _PASSIVE, _FEWEST = 9, 7, 5
_CONTAINED, _HANDED_OFF, _ABANDONED, _RECONTACTED = "contained", "handed_off", "abandoned", "recontacted"


def help_centre(events: list[Row], contacts: Moments, span: Span) -> Figures:
    """Articles and searches by their own day, visits by the day they began."""
    ours = [event for event in events if not event["test"]]
    day = [event for event in ours if span.holds_at(event["at"])]
    views = [event for event in day if event["kind"] == "view"]
    visits: dict[int, list[Row]] = {}
    for event in ours:
        visits.setdefault(event["visit"], []).append(event)
    begun = [sorted(visit, key=lambda e: e["at"]) for visit in visits.values()]
    begun = [visit for visit in begun if span.holds_at(visit[0]["at"])]
    on_article = [visit for visit in begun if visit[0]["kind"] == "view"]
    told = [is_enough for visit in begun if (is_enough := _is_deflected(visit, contacts)) is not None]
    return there({
        "article_helpful_rate": share(event["helped"] == 1 for event in day if event["kind"] == "vote"),
        "no_result_search_rate": share(event["results"] == 0 for event in day if event["kind"] == "search"),
        "article_bounce_rate": share(_pages(visit) == 1 for visit in on_article),
        "deflection_rate": share(told),
    }) | {"article_views": (len(views), None)}  # fmt: skip


def _pages(visit: list[Row]) -> int:
    """Articles seen, each once, and searches."""
    articles = {event["article"] for event in visit if event["kind"] == "view"}
    searches = [event for event in visit if event["kind"] == "search"]
    return len(articles) + len(searches)


def _is_deflected(visit: list[Row], contacts: Moments) -> bool | None:
    """Whether a known person who read an article contacted nobody, from the first until a day after the last."""
    read = [event["at"] for event in visit if event["kind"] == "view"]
    customer = visit[0]["customer"]
    if not read or customer < 0:
        return None
    times = contacts.get(customer, [])
    after = bisect_left(times, min(read))
    return not (after < len(times) and times[after] <= max(read) + _DEFLECTED_S)


def bot(sessions: list[Row], contacts: Moments, span: Span) -> Figures:
    """How the sessions ended that began in a period, and in which the person wrote."""
    ours = [s for s in sessions if span.holds_at(s["start"]) and s["messages"] > 0 and not s["test"]]
    ends = [_outcome(session, contacts) for session in ours]
    counts: Figures = {
        f"bot_sessions_{outcome}": (ends.count(outcome), None)
        for outcome in (_CONTAINED, _HANDED_OFF, _ABANDONED, _RECONTACTED)
    }
    rates = there({
        "bot_containment_rate": share(end == _CONTAINED for end in ends),
        "bot_containment_raw_rate": share(end != _HANDED_OFF for end in ends),
    })  # fmt: skip
    return counts | rates | {"bot_sessions": (len(ours), None)}


def _outcome(session: Row, contacts: Moments) -> str:
    """The first that holds."""
    if session["handed_off"]:
        return _HANDED_OFF
    if session["left"]:
        return _ABANDONED
    times = contacts.get(session["customer"], [])
    after = bisect_right(times, session["end"])
    came_back = after < len(times) and times[after] <= session["end"] + _RECONTACTED_S
    return _RECONTACTED if came_back else _CONTAINED


def quality(rows: list[Row], span: Span) -> Figures:
    """Reviews of others' work, in their last version, with at least one category that applied."""
    last: dict[int, int] = {}
    for row in rows:
        last[row["review"]] = max(row["changed"], last.get(row["review"], 0))
    reviews: dict[int, list[Row]] = {}
    for row in rows:
        if row["kind"] == "review" and row["changed"] == last[row["review"]] and row["halves"] is not None:
            reviews.setdefault(row["review"], []).append(row)
    ours = [review for review in reviews.values() if span.holds_at(review[0]["at"])]
    return there({
        "iqs": mean([_score(review) for review in ours]),
        "critical_error_rate": share(_has_failed(review) for review in ours),
        "error_rate": share(_has_failed(review) or any(row["error"] for row in review) for review in ours),
    }) | {"quality_reviews": (len(ours), None)}  # fmt: skip


def _score(review: list[Row]) -> Fraction:
    """The weighted mean of the categories, 0 where a critical one failed."""
    if _has_failed(review):
        return Fraction(0)
    weights = [GRID[row["category"]].weight for row in review]
    shares = [Fraction(100 * row["halves"], 2 * GRID[row["category"]].high) for row in review]
    return sum((w * s for w, s in zip(weights, shares, strict=True)), Fraction(0)) / sum(weights)


def _has_failed(review: list[Row]) -> bool:
    """A critical category is under half of its points."""
    return any(GRID[row["category"]].is_critical and row["halves"] < GRID[row["category"]].high for row in review)


def staff(rows: list[Row], span: Span) -> Figures:
    """What the team answered, a person once; nothing of fewer than five."""
    answers: dict[tuple[str, str, int], list[Row]] = {}
    invited: dict[tuple[str, int], bool] = {}
    for row in rows:
        is_valid = row["answered"] is not None and row["answered"] <= min(row["sent"] + SURVEY_WINDOW_S, END - 1)
        if is_valid:
            answers.setdefault((row["survey"], row["wave"], row["invitation"]), []).append(row)
        if row["survey"] == "engagement" and span.holds_at(row["sent"]):
            person = row["wave"], row["invitation"]
            invited[person] = invited.get(person, False) or is_valid
    given = [a for a in answers.values() if span.holds_at(a[0]["answered"])]
    scores = [a[0]["score"] for a in given if a[0]["survey"] == "enps"]
    persons = [_index(a) for a in given if a[0]["survey"] == "engagement"]
    found = there({
        "enps": mean([Fraction(100 * ((score >= _PROMOTER) - (score < _PASSIVE))) for score in scores]),
        "engagement_index": mean(persons),
    })  # fmt: skip
    enough = {name: figure for name, figure in found.items() if (figure[1] or 0) >= _FEWEST}
    if sum(invited.values()) >= _FEWEST:
        enough |= there({"engagement_participation_rate": share(invited.values())})
    return enough


def _index(answers: list[Row]) -> Fraction:
    """Where a person lies between the worst answers (0) and the best (100)."""
    return sum((Fraction(100 * (row["score"] - 1), row["high"] - 1) for row in answers), Fraction(0)) / len(answers)
