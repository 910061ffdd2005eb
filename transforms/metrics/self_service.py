"""What customers settle by themselves: articles (dated by the view), visits and bot sessions (dated by their start)."""

from __future__ import annotations

from functools import partial

import polars as pl

from transforms.metrics.metric import Metric, Ratio, Unit, count, total

_EVENT, _VIEWED = "fact_article_view", "viewed_on"
_VISIT, _BOT, _STARTED = "fact_help_session", "fact_bot_session", "started_on"
_CONTACTS = ("feed_ticket", "feed_contact")
_COUNTED = pl.col("is_counted")
_OF_ARTICLE = _COUNTED & pl.col("article_id").is_not_null()
_VOTED = _OF_ARTICLE & (pl.col("up_count") + pl.col("down_count") > 0)
_SEARCHED = _COUNTED & pl.col("is_search") & pl.col("is_without_result").is_not_null()
_ENTERED = _COUNTED & pl.col("is_entered_on_article")
_FOLLOWED = _COUNTED & pl.col("is_deflected").is_not_null()
_SEEN = _COUNTED & pl.col("is_recontact_known")

_votes = total("votes on articles", _EVENT, _VIEWED, pl.col("up_count") + pl.col("down_count"), _VOTED)
_sessions = count("bot sessions", _BOT, _STARTED, _COUNTED)
_share = partial(Ratio, unit=Unit.PERCENT, interval="wilson")
_number = partial(Ratio, unit=Unit.COUNT, additivity="additive")
_help_share = partial(_share, family="self-service")
_ended = partial(_number, family="bots", among=_sessions)


def _outcome(name: str) -> pl.Expr:
    return _COUNTED & (pl.col("outcome") == name)


ARTICLE_HELPFUL_RATE = _help_share(
    name="article_helpful_rate",
    title="Helpful articles",
    title_fr="Articles jugés utiles",
    asks="What share of the votes on articles says 'helpful'?",
    asks_fr="Quelle part des votes sur les articles dit « utile » ?",
    numerator=total("votes 'helpful'", _EVENT, _VIEWED, pl.col("up_count"), _VOTED),
    denominator=_votes,
    rests_on=_votes,
    better="higher",
)
ARTICLE_BOUNCE_RATE = _help_share(
    name="article_bounce_rate",
    title="Article bounce rate",
    title_fr="Taux de rebond des articles",
    asks="What share of the visits that began on an article saw no other page?",
    asks_fr="Quelle part des visites commencées sur un article n’a vu aucune autre page ?",
    numerator=count("visits of one article only", _VISIT, _STARTED, _ENTERED & pl.col("is_bounced")),
    denominator=count("visits begun on an article", _VISIT, _STARTED, _ENTERED),
    better="neutral",  # who found the answer leaves, and so does who gave up
)
ARTICLE_VIEWS = _number(
    name="article_views",
    title="Article views",
    title_fr="Vues d’articles",
    asks="How often were articles of the help centre viewed?",
    asks_fr="Combien de fois les articles du centre d’aide ont-ils été vus ?",
    family="self-service",
    numerator=total("article views", _EVENT, _VIEWED, pl.col("view_count"), _OF_ARTICLE),
    better="higher",
)
NO_RESULT_SEARCH_RATE = _help_share(
    name="no_result_search_rate",
    title="Searches without a result",
    title_fr="Recherches sans résultat",
    asks="What share of the searches in the help centre found nothing?",
    asks_fr="Quelle part des recherches du centre d’aide n’a rien trouvé ?",
    numerator=count("searches without a result", _EVENT, _VIEWED, _SEARCHED & pl.col("is_without_result")),
    denominator=count("searches", _EVENT, _VIEWED, _SEARCHED),
    better="lower",
)
DEFLECTION_RATE = _help_share(
    name="deflection_rate",
    title="Deflection rate",
    title_fr="Taux d’évitement",
    asks="What share of the visits of known persons that saw an article was followed by no contact within 24 hours?",
    asks_fr="Quelle part des visites de personnes connues ayant lu un article reste sans contact sous 24 heures ?",
    numerator=count("visits without a contact", _VISIT, _STARTED, _FOLLOWED & pl.col("is_deflected")),
    denominator=count("visits with an article, person known", _VISIT, _STARTED, _FOLLOWED),
    better="higher",
    maturity_days=1,
    needs=("feed_article_view", *_CONTACTS),
    is_headline=True,
)
SELF_SERVICE_SCORE = Ratio(
    name="self_service_score",
    title="Self-service score",
    title_fr="Score de self-service",
    asks="How many visits does the help centre have for each ticket opened?",
    asks_fr="Combien de visites du centre d’aide y a-t-il pour chaque ticket ouvert ?",
    family="self-service",
    numerator=count("visits of the help centre", _VISIT, _STARTED, _COUNTED),
    denominator=count("tickets created", "fact_ticket", "created_on", _COUNTED),
    unit=Unit.COUNT,
    better="higher",
    cut_by=(),  # the channel or team of a visit is not that of the ticket it saves
)
BOT_SESSIONS = _number(
    name="bot_sessions",
    title="Bot sessions",
    title_fr="Sessions du bot",
    asks="In how many sessions with the bot did the person write?",
    asks_fr="Dans combien de sessions du bot la personne a-t-elle écrit ?",
    family="bots",
    numerator=_sessions,
    better="neutral",
)
BOT_CONTAINMENT_RATE = _share(
    name="bot_containment_rate",
    title="Bot containment",
    title_fr="Taux d’autonomie du bot",
    asks="What share of the bot sessions needed no person: not handed off, not abandoned, no contact within 72 hours?",
    asks_fr="Quelle part des sessions du bot se passe d’un humain : ni transfert, ni abandon, ni contact sous 72 h ?",
    family="bots",
    numerator=count("sessions contained", _BOT, _STARTED, _SEEN & pl.col("is_contained")),
    denominator=count("sessions, recontacts known", _BOT, _STARTED, _SEEN),
    better="higher",
    maturity_days=3,
    needs=("feed_bot_session", *_CONTACTS),
    is_headline=True,
)
BOT_CONTAINMENT_RAW_RATE = _share(
    name="bot_containment_raw_rate",
    title="Bot sessions not handed off (raw containment)",
    title_fr="Sessions du bot non transférées (autonomie brute)",
    asks="What share of the bot sessions was not handed to a person? It takes every abandoned session for a success.",
    asks_fr="Quelle part des sessions du bot n’a pas été transférée ? Chaque abandon y passe pour un succès.",
    family="bots",
    numerator=count("sessions not handed off", _BOT, _STARTED, _COUNTED & ~pl.col("is_handed_off")),
    denominator=_sessions,
    better="higher",
)
BOT_SESSIONS_CONTAINED = _ended(
    name="bot_sessions_contained",
    title="Bot sessions contained",
    title_fr="Sessions du bot autonomes",
    asks="How many bot sessions needed no person, as far as the person is known?",
    asks_fr="Combien de sessions du bot se sont passées d’un humain, pour autant que la personne soit connue ?",
    numerator=count("outcome contained", _BOT, _STARTED, _outcome("contained")),
    better="higher",
    maturity_days=3,
)
BOT_SESSIONS_HANDED_OFF = _ended(
    name="bot_sessions_handed_off",
    title="Bot sessions handed off",
    title_fr="Sessions du bot transférées",
    asks="How many bot sessions were handed to a person?",
    asks_fr="Combien de sessions du bot ont été transférées à un humain ?",
    numerator=count("outcome handed off", _BOT, _STARTED, _outcome("handed_off")),
    better="neutral",
)
BOT_SESSIONS_ABANDONED = _ended(
    name="bot_sessions_abandoned",
    title="Bot sessions abandoned",
    title_fr="Sessions du bot abandonnées",
    asks="How many bot sessions ended on a question of the bot that nobody answered?",
    asks_fr="Combien de sessions du bot s’arrêtent sur une question du bot restée sans réponse ?",
    numerator=count("outcome abandoned", _BOT, _STARTED, _outcome("abandoned")),
    better="lower",
)
BOT_SESSIONS_RECONTACTED = _number(
    name="bot_sessions_recontacted",
    title="Bot sessions followed by a contact",
    title_fr="Sessions du bot suivies d’un contact",
    asks="How many bot sessions that seemed to suffice did the person follow up with a contact within 72 hours?",
    asks_fr="Combien de sessions du bot en apparence suffisantes ont été suivies d’un contact sous 72 h ?",
    family="bots",
    numerator=count("outcome recontacted", _BOT, _STARTED, _outcome("recontacted")),
    among=count("sessions, recontacts known", _BOT, _STARTED, _SEEN),
    better="lower",
    maturity_days=3,
    needs=("feed_bot_session", *_CONTACTS),
)
SELF_SERVICE: tuple[Metric, ...] = (
    ARTICLE_HELPFUL_RATE,
    ARTICLE_BOUNCE_RATE,
    ARTICLE_VIEWS,
    NO_RESULT_SEARCH_RATE,
    DEFLECTION_RATE,
    SELF_SERVICE_SCORE,
    BOT_SESSIONS,
    BOT_CONTAINMENT_RATE,
    BOT_CONTAINMENT_RAW_RATE,
    BOT_SESSIONS_CONTAINED,
    BOT_SESSIONS_HANDED_OFF,
    BOT_SESSIONS_ABANDONED,
    BOT_SESSIONS_RECONTACTED,
)
