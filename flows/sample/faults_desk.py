"""The faults planted in the exports of the help desk, its surveys, the planning and the ledgers."""

from __future__ import annotations

from flows.sample.fault import ACCEPTED, BLANK, DUPLICATE, NOT_OURS, QUARANTINED, Fault

_TICKETS = "tickets/tickets_2026-T2.csv"
_OLD_TICKETS = "tickets/tickets_2025-T2.csv.gz"
_EVENTS = "evenements/evenements_2026-05.csv.zst"
_LAST_EVENTS = "evenements/evenements_2026-06.csv"
_MAIL = "enquetes/csat_mail_2025.csv"
_SMS = "enquetes/csat_sms_2025.csv"
_FACES = "enquetes/csat_chat_2026.jsonl"
_NPS = "enquetes/nps_2025-S2.xlsx"
_CES = "enquetes/ces_2025.json.gz"
_CALLS = "contacts/appels_2026-T1.xlsx"
_CHATS = "contacts/tchats_2025.jsonl.gz"
_DAYS = "effectifs/journees_2026-S1.txt"
_PEOPLE = "effectifs/salaries.csv"
_OLD_LEDGER = "compta/grand_livre_2025.csv"
_LEDGER = "compta/grand_livre_2026.csv"
_TICKET, _EVENT, _ANSWER, _CONTACT, _PIECE = "N° du ticket", "N° événement", "N° réponse", "N° contact", "N° pièce"
_ANSWERED = {"Répondue le": "03/06/2025 10:00", "Commentaire": "", "Envoi": "Envoyé"}
_FIELDS_MISSING = "09900104;02/04/2026 10:00:00;02/04/2026"
_A_TEST = {
    "Créé le": "02/04/2026 10:00:00", "Mis à jour le": "02/04/2026 10:00:00", "État": "Nouveau", "Conseiller": "-",
    "Première réponse le": "", "Première résolution le": "", "Résolu le": "", "Clos le": "", "Issue": "", "Test": "oui",
    "Indésirable": "non", "Sortant": "non", "Doublon de": "", "Fusionné dans": "",
}  # fmt: skip
"""A ticket that no metric counts, so that what is odd about it changes no figure."""
_OTHER_ENCODING = "09900108;02/04/2026 10:00:00;;Nouveau;E-mail;Fidélité;-;-;Pro;Panne;basse;;;;;;non;non;non;;"
_OPEN_QUOTE = (
    'M9900105;M9900105;;03/06/2025 10:00;03/06/2025 11:00;2,0;2025-S1;Envoyé;E-mail;Accueil;-;-;Pro;Facture;ton;"Nul'
)
_CLOSE_QUOTE = (
    'M9900106;M9900106;;03/06/2025 10:00;03/06/2025 11:00;2,0;2025-S1;Envoyé;E-mail;Accueil;-;-;Pro;Facture;ton;bof"'
)


FAULTS = (
    # Tickets: UTF-8 with a byte order mark.
    Fault(_TICKETS, "impossible_date", QUARANTINED, 12, {_TICKET: "09900101", "Créé le": "31/02/2026 10:00:00"}),
    Fault(_TICKETS, "missing_hour", QUARANTINED, 20, {_TICKET: "09900102", "Créé le": "29/03/2026 02:30:00"}),
    Fault(_TICKETS, "resolved_before_created", QUARANTINED, 40,
          {_TICKET: "09900103", "Créé le": "01/06/2026 10:00:00", "Première réponse le": "", "Clos le": "",
           "Première résolution le": "", "Résolu le": "01/06/2026 09:00:00"}),
    Fault(_TICKETS, "too_few_fields", QUARANTINED, 55, line=_FIELDS_MISSING),
    Fault(_TICKETS, "too_many_fields", QUARANTINED, 70, line="{row};;surprise"),
    Fault(_TICKETS, "blank_line", BLANK, 81, line=""),
    Fault(_TICKETS, "blank_line", BLANK, 82, line=""),
    Fault(_TICKETS, "repeated_header", QUARANTINED, 120, line="{header}"),
    Fault(_TICKETS, "stray_quote", QUARANTINED, 150,
          line='09900107;02/04/2026 10:00:00;;Nouveau;E-mail;Accueil;-;Jean "dit Lulu";Pro;Panne;;;;;;;non;non;non;;'),
    Fault(_TICKETS, "mixed_encoding", QUARANTINED, 170, line=_OTHER_ENCODING, other_encoding="cp1252"),
    Fault(_TICKETS, "unknown_state", QUARANTINED, 190, {_TICKET: "09900109", "État": "Peut-être"}),
    Fault(_TICKETS, "missing_number", QUARANTINED, 200, {_TICKET: ""}),
    Fault(_TICKETS, "duplicate_row", DUPLICATE, 230, line="{row}"),
    Fault(_TICKETS, "unknown_channel", ACCEPTED, 240, _A_TEST | {_TICKET: "09900111", "Canal": "Fax"}),
    Fault(_TICKETS, "hour_that_happens_twice", ACCEPTED, 250,
          _A_TEST | {_TICKET: "09900112", "Créé le": "26/10/2025 02:30:00"}),
    Fault(_OLD_TICKETS, "duplicate_row", DUPLICATE, 33, line="{row}"),
    Fault(_OLD_TICKETS, "short_year", QUARANTINED, 34, {_TICKET: "09900110", "Créé le": "02/04/25 10:00:00"}),
    # Events: Windows-1252; the last file was cut while it was written.
    Fault(_EVENTS, "duplicate_row", DUPLICATE, 100, line="{row}"),
    Fault(_EVENTS, "duplicate_row", DUPLICATE, 900, line="{row}"),
    Fault(_EVENTS, "no_instant", QUARANTINED, 300, {_EVENT: "E9900201", "Horodatage": ""}),
    Fault(_EVENTS, "unknown_kind", QUARANTINED, 400, {_EVENT: "E9900202", "Type": "Téléportation"}),
    Fault(_EVENTS, "no_ticket", QUARANTINED, 500, {_EVENT: "E9900203", _TICKET: "-"}),
    Fault(_EVENTS, "hour_25", QUARANTINED, 600, {_EVENT: "E9900204", "Horodatage": "12/05/2026 25:61:00"}),
    Fault(_EVENTS, "orphan_event", ACCEPTED, 700,
          {_EVENT: "E9900205", _TICKET: "08888888", "Type": "Étiquette", "Auteur": "Système", "Code auteur": "",
           "Nouvel état": "", "Équipe": "", "Fusionné dans": ""}),
    Fault(_LAST_EVENTS, "half_written_last_line", QUARANTINED, 10**9, line="E9900206;0000", ends_line=False),
    # Satisfaction by e-mail: Windows-1252, decimal comma.
    Fault(_MAIL, "off_scale", QUARANTINED, 30, {_ANSWER: "M9900101", "Note": "6,0"} | _ANSWERED),
    Fault(_MAIL, "unknown_word", QUARANTINED, 60, {_ANSWER: "M9900102", "Note": "bof"} | _ANSWERED),
    Fault(_MAIL, "answer_without_instant", QUARANTINED, 90, {_ANSWER: "M9900103", "Note": "4,0", "Répondue le": ""}),
    Fault(_MAIL, "unreadable_number", QUARANTINED, 110, {_ANSWER: "M9900104", "Note": "4,0,0"} | _ANSWERED),
    Fault(_MAIL, "unbalanced_quotes", QUARANTINED, 200, line=_OPEN_QUOTE),
    Fault(_MAIL, "unbalanced_quotes", QUARANTINED, 400, line=_CLOSE_QUOTE),
    Fault(_MAIL, "duplicate_row", DUPLICATE, 500, line="{row}"),
    Fault(_SMS, "unknown_word", QUARANTINED, 50,
          {_ANSWER: "S9900101", "Note": "Mouais", "Répondue le": "03/06/2025 10:00"}),
    Fault(_FACES, "unknown_word", QUARANTINED, 44,
          {_ANSWER: "T9900101", "Note": "🤷", "Répondue le": "2026-03-02T10:00:00Z"}),
    Fault(_FACES, "half_written_last_line", QUARANTINED, 10**9, line='{"N° réponse": "T99', ends_line=False),
    Fault(_NPS, "off_scale", QUARANTINED, 15, {_ANSWER: "N9900101", "Note": "11", "Répondue le": "03/09/2025 10:00"}),
    Fault(_NPS, "half_point", QUARANTINED, 25, {_ANSWER: "N9900102", "Note": "7.5", "Répondue le": "03/09/2025 10:00"}),
    Fault(_CES, "off_scale", QUARANTINED, 20,
          {_ANSWER: "F9900101", "Note": "0", "Répondue le": "2025-09-03T10:00:00Z"}),
    Fault(_CES, "unreadable_number", QUARANTINED, 40,
          {_ANSWER: "F9900102", "Note": "sept", "Répondue le": "2025-09-03T10:00:00Z"}),
    Fault(_CES, "duplicate_row", DUPLICATE, 60, {}),
    # Calls and chats.
    Fault(_CALLS, "negative_duration", QUARANTINED, 30, {_CONTACT: "A9900101", "Attente": "-00:00:05"}),
    Fault(_CALLS, "unreadable_duration", QUARANTINED, 60, {_CONTACT: "A9900102", "Attente": "3 min"}),
    Fault(_CALLS, "answered_before_queued", QUARANTINED, 90,
          {_CONTACT: "A9900103", "Début": "03/02/2026 10:00:00", "Décroché": "03/02/2026 09:59:00", "Abandon": ""}),
    Fault(_CALLS, "duplicate_row", DUPLICATE, 120, {}),
    Fault(_CHATS, "nobody_at_once", QUARANTINED, 77, {_CONTACT: "T9900101", "Tchats simultanés": "0"}),
    Fault(_CHATS, "negative_duration", QUARANTINED, 99, {_CONTACT: "T9900102", "Attente": "-4"}),
    Fault(_CHATS, "broken_json", QUARANTINED, 140, line='{"N° contact": "T9900103", "Début": '),
    # Staff: UTF-16 from Excel; employees.
    Fault(_DAYS, "day_of_25_hours", QUARANTINED, 40, {"Jour": "04/01/2026", "Temps payé": "25:00:00"}),
    Fault(_DAYS, "repeated_header", QUARANTINED, 300, line="{header}"),
    Fault(_DAYS, "duplicate_row", DUPLICATE, 310, line="{row}"),
    Fault(_DAYS, "total_line", QUARANTINED, 10**9, line="Total\t\t\t\t\t\t"),
    Fault(_PEOPLE, "left_before_arriving", QUARANTINED, 5,
          {"Matricule": "0999", "Début": "01/09/2025", "Fin": "31/08/2025", "Départ": "Démission"}),
    # Ledgers: CP850 from the old system, Windows-1252 from the new one.
    Fault(_OLD_LEDGER, "unreadable_number", QUARANTINED, 20, {_PIECE: "AC9901", "Montant HT": "12.345,67"}),
    Fault(_OLD_LEDGER, "unknown_kind", QUARANTINED, 40, {_PIECE: "AC9902", "Nature": "Divers et imprévus"}),
    Fault(_OLD_LEDGER, "total_line", NOT_OURS, 10**9, line=";;;;;Total 2025;1 234 567,89"),
    Fault(_LEDGER, "duplicate_row", DUPLICATE, 10, line="{row}"),
    Fault(_LEDGER, "tenth_of_a_cent", QUARANTINED, 15, {_PIECE: "AC9903", "Montant HT": "10,005"}),
    Fault(_LEDGER, "total_line", NOT_OURS, 10**9, line=";;;;;Total 2026;999 999,99"),
)  # fmt: skip


REASONS = {
    "answer_without_instant": "rule answer_has_an_instant",
    "answered_before_queued": "answered_at: not before started_at",
    "broken_json": "broken_json",
    "day_of_25_hours": "paid_s: between",
    "half_point": "rule nps_is_a_whole_number",
    "hour_25": "occurred_at: ",
    "impossible_date": "created_at: ",
    "left_before_arriving": "valid_to: not before valid_from",
    "missing_hour": "created_at: ",
    "missing_number": "ticket_id: required",
    "mixed_encoding": "encoding",
    "negative_duration": "wait_s: ",
    "no_instant": "occurred_at: required",
    "no_ticket": "ticket_id: required",
    "nobody_at_once": "concurrency: at least",
    "off_scale": "rule score_is_on_its_scale",
    "repeated_header": "repeated_header",
    "resolved_before_created": "resolved_at: not before created_at",
    "short_year": "created_at: ",
    "stray_quote": "misplaced_quote",
    "tenth_of_a_cent": "amount_cents: ",
    "too_few_fields": "fields_3_of_21",
    "too_many_fields": "fields_23_of_21",
    "total_line": "work_on: required",
    "unbalanced_quotes": "ambiguous_quote",
    "unknown_kind": "kind: ",
    "unknown_state": "status: ",
    "unknown_word": "score_milli: ",
    "unreadable_duration": "wait_s: ",
    "half_written_last_line": "",
    "unreadable_number": "",
}
"""How the reason in the quarantine begins, by kind of fault; the rest tell it by their file."""
