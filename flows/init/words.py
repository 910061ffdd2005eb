"""Words by which the columns of an unknown export are recognised: theirs on the right, as they are usually called.

Only a start for `init`: what it proposes is marked as a guess and confirmed by a person. Every header of a mapping at
hand counts as well (`known_headers`).
"""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from transforms.labels import label_key

_TICKET_ID = (
    "ticket|ticket id|n° ticket|n° du ticket|numéro de ticket|numéro ticket|id ticket|ticket number|case number"
)
_CUSTOMER = "client|n° client|customer|customer id|id client|requester|demandeur|contact|e-mail client|customer email"
_AGENT = "agent|conseiller|assignee|assigné à|assigned to|owner|opérateur|technicien|agent id|conseillère"
_TEAM = "équipe|groupe|service|team|group|department|département|file|queue|assignment group"
_CHANNEL = "canal|channel|source|origine|via|media|média"
_SEGMENT = "segment|type de client|customer type|formule|organisation|organization|société"
_TOPIC = "motif|catégorie|category|sujet|thème|type de demande|topic|type|reason|sous-catégorie|request type"
_CUTS = {"channel": _CHANNEL, "team": _TEAM, "segment": _SEGMENT, "topic": _TOPIC}

WORDS: Mapping[str, Mapping[str, str]] = {
    "feed_ticket": {
        **_CUTS,
        "ticket_id": f"{_TICKET_ID}|id|n°|numéro|number|référence|réf|reference|ref|case id|demande|n° demande|"
        "n° de demande|dossier|n° dossier",
        "created_at": "créé le|create date|open date|date de création|création|created|created at|created on|"
        "created date|opened|opened at|"
        "date d'ouverture|ouvert le|date ouverture|creation date|date créé|date",
        "updated_at": "mis à jour le|dernière maj|dernière mise à jour|modifié le|updated|updated at|"
        "last updated|dernière modification|last modified",
        "first_response_at": "première réponse|première réponse le|date de première réponse|first response|"
        "first reply at|first response at|1ère réponse|1re réponse",
        "resolved_at": "résolu le|date de résolution|resolved|resolved at|solved at|résolution|date résolution",
        "closed_at": "clos le|close date|closed date|clôturé le|fermé le|date de clôture|closed|closed at|"
        "date clôture|date de fermeture",
        "status": "statut|état|status|state",
        "reopen_count": "réouvertures|nombre de réouvertures|reopens|reopen count",
        "agent_id": _AGENT,
        "customer_id": _CUSTOMER,
        "priority": "priorité|priority|urgence|urgency",
    },
    "feed_ticket_event": {
        "ticket_id": _TICKET_ID,
        "event_id": "n° événement|event id|id événement",
        "occurred_at": "horodatage|date événement|timestamp|occurred at|event time|date et heure|time",
        "kind": "événement|event|type d'événement|activity|activité|action|event type",
        "actor_kind": "auteur|type d'auteur|author type|actor type",
        "actor_id": "code auteur|author|auteur id|user|utilisateur",
        "is_public": "public|is public|visible",
        "status": "nouvel état|new status|nouveau statut|statut",
        "team": _TEAM,
        "agent_id": _AGENT,
    },
    "feed_survey": {
        **_CUTS,
        "response_id": "n° réponse|response id|respondent id|id réponse|id de réponse|response|réponse id|id",
        "invitation_id": "n° invitation|invitation|invitation id|id invitation",
        "ticket_id": _TICKET_ID,
        "answered_at": "répondu le|répondue le|date de réponse|date réponse|answered at|submitted at|horodateur|"
        "timestamp|recorded date|submit date|completed|date",
        "sent_at": "envoyé le|envoyée le|date d'envoi|sent at|sent|sent on",
        "started_at": "commencé le|start date|started at|date de début",
        "score_milli": "note|score|nps|csat|rating|satisfaction|évaluation|recommandation|notation|stars|"
        "étoiles|effort",
        "verbatim": "commentaire|verbatim|comment|avis|remarque|feedback|commentaires|comments",
        "dissatisfaction_reason": "raison d'insatisfaction|insatisfaction|motif d'insatisfaction|reason",
        "agent_id": _AGENT,
        "customer_id": _CUSTOMER,
        "product": "produit|product|magasin|site|store",
        "survey": "enquête|questionnaire|survey|vague|wave",
    },
    "feed_contact": {
        **_CUTS,
        "contact_id": "n° contact|id appel|n° appel|call id|contact id|id contact|identifiant appel|chat id|call",
        "started_at": "début|call timestamp|call time|call date|call started|date appel|date de l'appel|"
        "start time|call start|date et heure|heure d'appel|"
        "started at|date",
        "answered_at": "décroché|call answered|décroché le|answered at|answer time|heure de décroché",
        "abandoned_at": "abandon|abandonné le|abandoned at",
        "ended_at": "fin|call ended|end time|heure de fin|ended at|date de fin",
        "direction": "sens|direction|type d'appel|call direction|call type",
        "is_answered": "répondu|décroché|answered|statut|résultat|answered (y/n)",
        "wait_s": "attente|wait length|durée d'attente|temps d'attente|wait time|queue time|"
        "speed of answer in seconds|wait",
        "talk_s": "conversation|service length|call duration|durée de conversation|durée conversation|"
        "talk time|avgtalkduration|durée|talk|duration",
        "hold_s": "mise en garde|mise en attente|hold time|hold",
        "wrap_s": "post-appel|wrap up|after call work|acw|post-traitement|wrap",
        "agent_id": _AGENT,
        "customer_id": f"{_CUSTOMER}|appelant|numéro appelant|caller",
        "ticket_id": _TICKET_ID,
    },
    "feed_agent_day": {
        "agent_id": f"{_AGENT}|matricule",
        "work_on": "jour|date|date travaillée|day|work date",
        "team": _TEAM,
        "paid_s": "temps payé|heures payées|paid|paid time",
        "available_s": "disponible|temps disponible|available|idle|attente",
        "handling_s": "en communication|temps de traitement|handling|handle time",
        "productive_s": "productif|temps productif|productive",
    },
    "feed_employee": {
        "agent_id": "matricule|salarié|employee id|employee number|id salarié|employee|n° salarié",
        "valid_from": "date d'entrée|entrée|hire date|start date|date d'embauche|embauche|date of hire|début",
        "valid_to": "date de sortie|sortie|termination date|end date|date of termination|départ le|fin",
        "team": _TEAM,
        "leave_kind": "motif de sortie|motif de départ|term reason|départ|reason for leaving",
        "title": "fonction|emploi|poste|position|job title|intitulé",
    },
    "feed_headcount": {
        "team": _TEAM,
        "month_on": "mois|month|période",
        "headcount": "effectif|effectifs|headcount|etp",
        "leavers": "départs|sorties|leavers",
        "voluntary_leavers": "démissions|départs volontaires|voluntary leavers",
    },
    "feed_cost": {
        "entry_id": "n° pièce|n° écriture|entry id|pièce|entry|écriture",
        "booked_on": "date comptable|date d'écriture|date écriture|booking date|date|mois",
        "kind": "nature|type de charge|cost type|kind",
        "amount_cents": "montant|montant ht|amount|coût|cost|charge",
        "channel": _CHANNEL,
        "team": _TEAM,
        "label": "libellé|label|description|intitulé",
    },
    "feed_order": {
        "order_id": "commande|n° commande|order|order id|invoice|facture|n° facture|invoiceno",
        "ordered_at": "date de commande|commandé le|order date|invoicedate|date",
        "customer_id": _CUSTOMER,
        "amount_cents": "montant|montant ht|total|amount|prix|total ht|order amount",
        "item_count": "quantité|articles|quantity|items",
        "product": "produit|product|référence produit",
        "coupon": "code promo|coupon|bon",
    },
}

STATUS_WORDS: Mapping[str, str] = {
    "new": "new|nouveau|nouvelle|to do|à faire|créé",
    "open": "open|ouvert|ouverte|en cours|in progress|assigned|assigné|active|wip|work in progress|reopened|réouvert",
    "pending": "pending|en attente du client|en attente client|waiting on customer|en attente de réponse|"
    "awaiting user info",
    "hold": "hold|on hold|en attente|suspendu|en pause|waiting on third party|attente fournisseur",
    "solved": "solved|résolu|résolue|resolved|done|terminé|traité|completed|fixed",
    "closed": "closed|clos|close|clôturé|fermé|fermée|cancelled|canceled|annulé",
    "deleted": "deleted|supprimé|supprimée|deleted by user|corbeille",
}
CHANNEL_WORDS: Mapping[str, str] = {
    "email": "email|e-mail|mail|courriel|messagerie",
    "phone": "phone|téléphone|telephone|tel|tél|appel|call|voice|voix",
    "chat": "chat|tchat|live chat|messenger|messaging",
    "form": "form|formulaire|web|web form|site|portal|portail|self-service",
    "social": "social|réseaux sociaux|facebook|twitter|instagram|whatsapp",
    "letter": "courrier|letter|lettre",
}
WORDS_OF_VALUES: Mapping[str, Mapping[str, str]] = {
    "status": STATUS_WORDS,
    "channel": CHANNEL_WORDS,
    "direction": {
        "inbound": "inbound|entrant|entrante|in|reçu|received",
        "outbound": "outbound|sortant|sortante|out|émis",
    },
    "leave_kind": {
        "voluntary": "démission|resignation|voluntary|volontaire|départ à la retraite|rupture conventionnelle",
        "involuntary": "licenciement|involuntary|terminated|fin de contrat|fin de cdd|terminated for cause",
        "move": "mobilité|mutation|transfer|move",
    },
    "kind": {
        "created": "created|création|creation|opened|créé",
        "message": "message|comment|commentaire|reply|réponse",
        "status": "status|changement d'état|changement de statut|status change",
        "assignment": "assignment|assigned|affectation|assignee",
        "team": "team|group|changement d'équipe|changement de groupe|transfer",
        "merge": "merge|fusion",
        "labour": "labour|personnel|salaires|staff",
        "overhead": "overhead|frais généraux|structure",
        "direct": "direct|charge directe|direct cost",
    },
    "actor_kind": {
        "customer": "customer|client|end-user|user|requester|demandeur",
        "agent": "agent|conseiller|admin|staff",
        "bot": "bot|robot|chatbot",
        "system": "system|système|automation|trigger",
    },
}


_ALIKE_FROM = 0.86
# fmt: off
_TOO_PLAIN = {
    "date", "id", "n", "time", "day", "jour", "number", "numero", "client",
    "contact", "customer", "source", "product", "produit", "service", "response", "site", "mois",
    "month", "user", "team", "name", "fin", "total",
}
# fmt: on
"""Words that say little behind another: a due date is no date of creation."""


def spoken(word: str) -> str:
    """A header as it is compared here: without case and accents, every mark that is no letter or digit a blank."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", word)  # CreatedDate, SRStatus
    folded = unicodedata.normalize("NFKD", label_key(apart).replace("°", " "))
    plain = "".join(mark if mark.isalnum() else " " for mark in folded if not unicodedata.combining(mark))
    return " ".join(plain.split())


def known_headers(documents: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, set[str]]]:
    """Feed and column of ours to every header known for it: of the words here, of our own names, of all mappings."""
    known: dict[str, dict[str, set[str]]] = {}
    for feed, columns in WORDS.items():
        for column, listed in columns.items():
            own = {spoken(column)} | {spoken(word) for word in listed.split("|")}
            known.setdefault(feed, {}).setdefault(column, set()).update(own)
    for said in documents:
        for column, given in said.get("columns", {}).items():
            headers = given.get("headers", ()) if isinstance(given, dict) else given
            theirs = {spoken(one) for one in headers if isinstance(one, str)}
            known.setdefault(str(said.get("table", "")), {}).setdefault(column, set()).update(theirs)
    return known


def resembles(header: str, words: set[str]) -> bool:
    """Whether a header that is not known is like one that is: nearly so written, or with a word before it."""
    plain = spoken(header)
    if difflib.get_close_matches(plain, words, n=1, cutoff=_ALIKE_FROM):
        return True
    return any(plain.endswith(f" {word}") and word not in _TOO_PLAIN for word in words)


def known_values(column: str) -> dict[str, str]:
    """Word to the value of ours it usually stands for."""
    return {
        label_key(word): ours for ours, words in WORDS_OF_VALUES.get(column, {}).items() for word in words.split("|")
    }
