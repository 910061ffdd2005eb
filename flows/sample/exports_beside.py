"""What the exports beside the help desk look like: the shop, the help centre, the bot, reviews, the team's surveys."""

from __future__ import annotations

import polars as pl

from flows.sample import cells, company
from flows.sample.help_centre import ARTICLES
from flows.sample.quality import GRID
from flows.sample.shop import BY_COUPON
from flows.sample.staff_surveys import ENPS, ITEMS

_DAY = "%d/%m/%Y"
_HELP_KIND = {"view": "Consultation", "search": "Recherche", "vote": "Vote"}
_REVIEW_KIND = {"review": "Évaluation", "calibration": "Calibrage", "self": "Auto-évaluation"}
_HEAD = {spell.team: spell.agent for spell in company.ROSTER if spell.title == "Responsable d'équipe"}


def customers(frame: pl.DataFrame) -> pl.DataFrame:
    """Spells of customers, as the customer file shows them."""
    return frame.select(
        cells.customer("N° client"),
        cells.words("segment", cells.SEGMENT, "Segment"),
        pl.col("valid_from").dt.strftime(_DAY).alias("Client depuis"),
        pl.col("valid_to").dt.strftime(_DAY).alias("Client jusqu'au"),
        pl.col("reason").alias("Motif de départ"),
    )


def orders(frame: pl.DataFrame) -> pl.DataFrame:
    """Lines of orders, amounts with a decimal comma and the sign of the euro."""
    by_coupon = pl.col("way") == BY_COUPON
    return frame.select(
        _numbered("order", "CMD", 6).alias("N° commande"),
        pl.col("line").alias("Ligne"),
        cells.local("at", cells.FRENCH, "Commandé le"),
        cells.local("changed", cells.FRENCH, "Mis à jour le"),
        cells.customer("N° client"),
        cells.words("segment", cells.SEGMENT, "Segment"),
        pl.col("product").alias("Gamme"),
        cells.whole("items", "Articles"),
        (cells.euros("cents", "Montant HT") + " €").alias("Montant HT"),
        pl.col("coupon").alias("Code promo"),
        pl.when(pl.col("ticket") >= 0).then(cells.number("ticket", "ticket")).alias("N° du ticket"),
        pl.col("agent").fill_null("-").alias("Conseiller"),
        pl.when(by_coupon).then(pl.lit("oui")).alias("Vente du service"),
        _yes_no("cancelled", "Annulée"),
        _yes_no("test", "Test"),
    )


def carts(frame: pl.DataFrame) -> pl.DataFrame:
    """Carts, with values in cents."""
    return frame.select(
        _numbered("cart", "P", 7).alias("N° panier"),
        cells.local("created", cells.ISO_UTC, "Créé le"),
        cells.local("changed", cells.ISO_UTC, "Mis à jour le"),
        _customer_or_nobody(),
        cells.words("segment", cells.SEGMENT, "Segment"),
        pl.col("product").alias("Gamme"),
        cells.whole("items", "Articles"),
        cells.whole("cents", "Valeur HT (centimes)"),
        cells.local("ordered", cells.ISO_UTC, "Commandé le"),
        pl.when(pl.col("order") >= 0).then(_numbered("order", "CMD", 6)).alias("N° commande"),
        _yes_no("test", "Test"),
    )


def help_events(frame: pl.DataFrame) -> pl.DataFrame:
    """Events of the help centre; a vote says 1 under one of two headers."""
    titles = {number: article.title for number, article in enumerate(ARTICLES)}
    shown = pl.col("article") >= 0
    return frame.select(
        _numbered("event_id", "H", 7).alias("N° événement"),
        cells.local("at", cells.ISO_UTC, "Horodatage"),
        cells.words("kind", _HELP_KIND, "Type"),
        _numbered("visit", "V", 6).alias("Visite"),
        pl.when(shown).then(pl.format("FAQ-{}", (pl.col("article") + 101).cast(pl.String))).alias("Article"),
        pl.col("article").replace_strict(titles, default=None, return_dtype=pl.String).alias("Titre"),
        _customer_or_nobody(),
        cells.words("segment", cells.SEGMENT, "Segment"),
        cells.words("topic", cells.TOPIC, "Motif"),
        cells.whole("helped", "Utile"),
        (1 - pl.col("helped")).cast(pl.String).alias("Pas utile"),
        cells.whole("results", "Résultats"),
        pl.col("query").alias("Recherche"),
        _yes_no("test", "Test"),
    )


def bot_sessions(frame: pl.DataFrame) -> pl.DataFrame:
    """Sessions with the bot."""
    return frame.select(
        _numbered("session", "B", 6).alias("N° session"),
        cells.local("start", cells.ISO_UTC, "Début"),
        cells.local("end", cells.ISO_UTC, "Fin"),
        _customer_or_nobody(),
        cells.words("segment", cells.SEGMENT, "Segment"),
        cells.words("topic", cells.TOPIC, "Motif"),
        cells.whole("messages", "Messages du client"),
        _yes_no("handed_off", "Transfert"),
        cells.local("handed", cells.ISO_UTC, "Transféré le"),
        _yes_no("left", "Resté sans réponse"),
        pl.when(pl.col("ticket") >= 0).then(cells.number("ticket", "ticket")).alias("N° du ticket"),
        _yes_no("test", "Test"),
    )


def reviews(frame: pl.DataFrame) -> pl.DataFrame:
    """Categories of reviews, half points with a decimal comma; what did not apply says N/A."""
    grid = dict(enumerate(GRID))
    half = pl.when(pl.col("halves") % 2 == 1).then(pl.lit(",5")).otherwise(pl.lit(""))
    return frame.select(
        _numbered("review", "Q", 5).alias("N° évaluation"),
        cells.words("category", {i: c.name for i, c in grid.items()}, "Rubrique"),
        cells.local("at", cells.FRENCH_MINUTE, "Évalué le"),
        cells.local("changed", cells.FRENCH_MINUTE, "Version du"),
        cells.words("kind", _REVIEW_KIND, "Nature"),
        pl.coalesce(pl.format("{}{}", pl.col("halves") // 2, half), pl.lit("N/A")).alias("Note"),
        pl.lit("0").alias("Note min"),
        cells.words("category", {i: str(c.high) for i, c in grid.items()}, "Note max"),
        cells.words("category", {i: str(c.weight) for i, c in grid.items()}, "Coefficient"),
        cells.words("category", {i: "oui" if c.is_critical else "non" for i, c in grid.items()}, "Éliminatoire"),
        pl.when("error").then(pl.lit("oui")).when(~pl.col("error")).then(pl.lit("non")).alias("Erreur"),
        cells.local("replied", cells.FRENCH_MINUTE, "Échange du"),
        cells.number("ticket", "N° du ticket"),
        cells.words("team", cells.TEAM, "Équipe"),
        cells.words("channel", cells.CHANNEL, "Canal"),
        cells.words("segment", cells.SEGMENT, "Segment"),
        cells.words("topic", cells.TOPIC, "Motif"),
        pl.col("agent").alias("Conseiller"),
        _reviewer().alias("Évaluateur"),
        pl.when(pl.col("category") == 0).then("words").alias("Commentaire"),
    )


def _reviewer() -> pl.Expr:
    """Agents look at their own work, or the head of the team does; the work of a head goes to another."""
    head = pl.col("team").replace_strict(_HEAD, default=None, return_dtype=pl.String)
    other = (
        pl.when(pl.col("agent") == _HEAD["accueil"])
        .then(pl.lit(_HEAD["livraison"]))
        .otherwise(pl.lit(_HEAD["accueil"]))
    )
    is_head = pl.col("agent") == head
    return pl.when(pl.col("kind") == "self").then("agent").when(is_head).then(other).otherwise(head)


def staff_answers(frame: pl.DataFrame, survey: str) -> pl.DataFrame:
    """Questions put to the team; the questionnaire names each and its scale."""
    ours = frame.filter(pl.col("survey") == survey)
    invitation = pl.format("{}-{}", "wave", pl.col("invitation").cast(pl.String).str.zfill(3))
    item = pl.when(pl.col("item") >= 0).then(pl.format("-{}", pl.col("item") + 1)).otherwise(pl.lit(""))
    texts = {number: item.text for number, item in enumerate(ITEMS)}
    found = ours.select(
        pl.format("{}{}", invitation, item).alias("N° réponse"),
        invitation.alias("N° invitation"),
        pl.col("wave").alias("Vague"),
        cells.words("team", cells.TEAM, "Équipe"),
        pl.col("item").replace_strict(texts, default=None, return_dtype=pl.String).alias("Question"),
        pl.format("1 à {}", "high").alias("Échelle"),
        cells.local("sent", cells.FRENCH_MINUTE, "Envoyée le"),
        cells.local("answered", cells.FRENCH_MINUTE, "Répondue le"),
        cells.whole("score", "Note"),
    )
    return found.drop("Question", "Échelle") if survey == ENPS else found


def _numbered(column: str, prefix: str, digits: int) -> pl.Expr:
    """A number as the source writes it: P0000123."""
    return pl.format(prefix + "{}", pl.col(column).cast(pl.String).str.zfill(digits))


def _customer_or_nobody() -> pl.Expr:
    """A customer number, nothing where the visitor gave no name."""
    return pl.when(pl.col("customer") >= 0).then(cells.customer("N° client")).alias("N° client")


def _yes_no(column: str, header: str) -> pl.Expr:
    """Yes or no, in French."""
    return pl.when(column).then(pl.lit("oui")).otherwise(pl.lit("non")).alias(header)
