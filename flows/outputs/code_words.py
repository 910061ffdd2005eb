"""What families of metrics, feeds and alarms are called on the scorecard page: in French and in English."""

from __future__ import annotations

from types import MappingProxyType

CODES = MappingProxyType(
    {
        "family_satisfaction": ("Satisfaction", "Satisfaction"),
        "family_surveys": ("Enquêtes", "Surveys"),
        "family_quality": ("Qualité interne", "Internal quality"),
        "family_first_response": ("Première réponse", "First response"),
        "family_resolution": ("Résolution", "Resolution"),
        "family_first_contact_resolution": ("Résolution au premier contact", "First contact resolution"),
        "family_escalation": ("Escalade", "Escalation"),
        "family_volume": ("Volume et stock", "Volume and backlog"),
        "family_sla": ("Engagements", "Promises"),
        "family_phone_and_chat": ("Téléphone et tchat", "Phone and chat"),
        "family_self-service": ("Self-service", "Self-service"),
        "family_bots": ("Bots", "Bots"),
        "family_cost": ("Coûts", "Cost"),
        "family_staffing": ("Équipes", "Staffing"),
        "family_employees": ("Salariés", "Employees"),
        "family_revenue": ("Revenus", "Revenue"),
        "family_customers": ("Clients", "Customers"),
        "family_carts": ("Paniers", "Carts"),
        "feed_survey": ("Enquêtes", "Surveys"),
        "feed_ticket": ("Tickets", "Tickets"),
        "feed_ticket_event": ("Événements de tickets", "Ticket events"),
        "feed_contact": ("Contacts", "Contacts"),
        "feed_contact_day": ("Contacts par jour", "Contacts by day"),
        "feed_agent_day": ("Journées d’agents", "Agent days"),
        "feed_employee": ("Salariés", "Employees"),
        "feed_headcount": ("Effectifs", "Headcount"),
        "feed_cost": ("Coûts", "Costs"),
        "feed_quality_review": ("Évaluations", "Reviews"),
        "feed_order": ("Commandes", "Orders"),
        "feed_cart": ("Paniers", "Carts"),
        "feed_customer": ("Clients", "Customers"),
        "feed_article_view": ("Centre d’aide", "Help centre"),
        "feed_bot_session": ("Bots", "Bots"),
        "alarm_scale_looks_inverted": ("Une échelle d’effort semble inversée", "An effort scale looks inverted"),
        "alarm_retention_by_balance_differs": (
            "Deux définitions de la fidélisation divergent (clients revenus)",
            "Two definitions of retention differ (returned customers)",
        ),
    }
)
"""By code: in French, in English."""
