"""The faults planted in the exports of the shop, the help centre, the bot, the reviews and the team's surveys."""

from __future__ import annotations

from flows.sample.fault import ACCEPTED, DUPLICATE, QUARANTINED, Fault

_REVIEWS = "qualite/evaluations_2026.csv"
_ORDERS = "boutique/commandes_2026.csv"
_OLD_ORDERS = "boutique/commandes_2025.csv.gz"
_CARTS = "boutique/paniers_2026.jsonl.gz"
_CUSTOMERS = "boutique/clients.csv"
_HELP = "centre_aide/visites_2026.csv.gz"
_BOT = "bot/sessions_2026.json"
_ENPS = "interne/enps.xlsx"
_ENGAGEMENT = "interne/engagement.xlsx"
_REVIEW, _ORDER, _CART, _EVENT, _SESSION = "N° évaluation", "N° commande", "N° panier", "N° événement", "N° session"
_ANSWER, _CUSTOMER = "N° réponse", "N° client"
_OTHER_ENCODING = "CMD990002;1;03/02/2026 10:00:00;03/02/2026 10:00:00;C0000012;Pro;Étoiles;1;12,00;;;-;;non;non"
_A_TEST = {"Test": "oui"}
"""A row that no metric counts, so that what is odd about it changes no figure."""

FAULTS = (
    # Reviews: Windows-1252, half points with a decimal comma.
    Fault(_REVIEWS, "off_scale", QUARANTINED, 25, {_REVIEW: "Q99001", "Note": "12"}),
    Fault(_REVIEWS, "unknown_nature", QUARANTINED, 50, {_REVIEW: "Q99002", "Nature": "Écoute discrète"}),
    Fault(_REVIEWS, "no_category", QUARANTINED, 75, {_REVIEW: "Q99003", "Rubrique": ""}),
    Fault(_REVIEWS, "range_upside_down", QUARANTINED, 100, {_REVIEW: "Q99004", "Note": "N/A", "Note min": "9",
                                                            "Note max": "5"}),
    Fault(_REVIEWS, "day_first", QUARANTINED, 125, {_REVIEW: "Q99005", "Évalué le": "02/28/2026 10:00"}),
    Fault(_REVIEWS, "duplicate_row", DUPLICATE, 150, line="{row}"),
    # Orders: Windows-1252, amounts in euros.
    Fault(_ORDERS, "unreadable_amount", QUARANTINED, 20, {_ORDER: "CMD990001", "Montant HT": "1,234,50 €"}),
    Fault(_ORDERS, "mixed_encoding", QUARANTINED, 45, line=_OTHER_ENCODING, other_encoding="cp850"),
    Fault(_ORDERS, "no_amount", QUARANTINED, 70, {_ORDER: "CMD990003", "Montant HT": ""}),
    Fault(_ORDERS, "order_without_instant", QUARANTINED, 95, {_ORDER: "CMD990004", "Commandé le": "-"}),
    Fault(_ORDERS, "day_first", QUARANTINED, 120, {_ORDER: "CMD990005", "Commandé le": "02/13/2026 10:00:00"}),
    Fault(_ORDERS, "refund_before_its_order", ACCEPTED, 145,
          _A_TEST | {_ORDER: "CMD990006", "Ligne": "R1", "Commandé le": "03/02/2026 10:00:00",
                     "Mis à jour le": "02/02/2026 10:00:00", "Montant HT": "-20,00 €", "Articles": "",
                     _CUSTOMER: "-"}),
    Fault(_ORDERS, "duplicate_row", DUPLICATE, 170, line="{row}"),
    Fault(_OLD_ORDERS, "duplicate_row", DUPLICATE, 60, line="{row}"),
    # Carts: JSON lines.
    Fault(_CARTS, "duplicate_row", DUPLICATE, 33, {}),
    Fault(_CARTS, "ordered_before_it_was_made", QUARANTINED, 66,
          {_CART: "P9900001", "Créé le": "2026-02-03T10:00:00Z", "Commandé le": "2026-02-03T09:00:00Z"}),
    Fault(_CARTS, "fewer_than_nothing", QUARANTINED, 99, {_CART: "P9900002", "Articles": "-1"}),
    Fault(_CARTS, "broken_json", QUARANTINED, 132, line='{"N° panier": "P9900003", "Créé le": '),
    # Customers: a line a spell.
    Fault(_CUSTOMERS, "left_before_arriving", QUARANTINED, 40,
          {_CUSTOMER: "C9900001", "Client depuis": "01/09/2025", "Client jusqu'au": "31/08/2025"}),
    Fault(_CUSTOMERS, "nobody", QUARANTINED, 80, {_CUSTOMER: "-"}),
    Fault(_CUSTOMERS, "duplicate_row", DUPLICATE, 120, line="{row}"),
    # The help centre: UTC.
    Fault(_HELP, "unknown_kind", QUARANTINED, 30, {_EVENT: "H9900001", "Type": "Survol"}),
    Fault(_HELP, "two_votes_in_one_cell", QUARANTINED, 60, {_EVENT: "H9900002", "Utile": "1 ou 2"}),
    Fault(_HELP, "duplicate_row", DUPLICATE, 90, line="{row}"),
    Fault(_HELP, "cut_short", QUARANTINED, 120, line="H9900003;2026-02-03T10:00:00Z"),
    # The bot: a JSON array.
    Fault(_BOT, "ended_before_it_began", QUARANTINED, 15,
          {_SESSION: "B990001", "Début": "2026-02-03T10:00:00Z", "Fin": "2026-02-03T09:59:00Z"}),
    Fault(_BOT, "maybe_handed_off", QUARANTINED, 30, {_SESSION: "B990002", "Transfert": "peut-être"}),
    Fault(_BOT, "duplicate_row", DUPLICATE, 45, {}),
    # The team's own surveys.
    Fault(_ENPS, "off_scale", QUARANTINED, 10,
          {_ANSWER: "2025-T1-901", "N° invitation": "2025-T1-901", "Note": "11", "Répondue le": "12/03/2025 10:00"}),
    Fault(_ENGAGEMENT, "off_scale", QUARANTINED, 20,
          {_ANSWER: "2025-S1-901-1", "N° invitation": "2025-S1-901", "Échelle": "1 à 5", "Note": "6",
           "Répondue le": "13/05/2025 10:00"}),
    Fault(_ENGAGEMENT, "unknown_scale", QUARANTINED, 40,
          {_ANSWER: "2025-S1-902-1", "N° invitation": "2025-S1-902", "Échelle": "1 à 9", "Note": "6",
           "Répondue le": "13/05/2025 10:00"}),
)  # fmt: skip

REASONS = {
    "cut_short": "fields_2_of_14",
    "day_first": "",
    "ended_before_it_began": "ended_at: not before started_at",
    "fewer_than_nothing": "item_count: ",
    "maybe_handed_off": "is_handed_off: ",
    "no_amount": "amount_cents: required",
    "no_category": "category: required",
    "nobody": "customer_id: required",
    "order_without_instant": "ordered_at: required",
    "ordered_before_it_was_made": "ordered_at: not before created_at",
    "range_upside_down": "rule category_has_a_range",
    "two_votes_in_one_cell": "up_count: ",
    "unknown_nature": "kind: ",
    "unknown_scale": "scale: ",
    "unreadable_amount": "amount_cents: ",
}
"""How the reason in the quarantine begins, by kind of fault, where the help desk's faults have no such kind."""
