"""Whom to tell when a run needs a person: `[alerts]` of pipeline.toml; secrets come from the environment alone.

A `$NAME` in the address of a webhook is filled in from the environment, so that a token stands in no file.
BAROMETRE_SMTP_PASSWORD    the password of smtp_user
"""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from flows.io.toml import Part, SettingsError, document

EVENTS = ("failed", "held", "alarm", "target", "spike")
"""A run failed; an export was refused or held; `reports/alarm` has a new line; a target is crossed; a jump."""
SECURITY = ("starttls", "ssl", "insecure")
GRAINS = ("week", "month", "quarter")
_ADDRESS = re.compile(r"^[^@\s,]+@[^@\s,]+$")
_DEFAULT_PORTS = {"starttls": 587, "ssl": 465, "insecure": 25}


@dataclass(frozen=True, kw_only=True)
class Mail:
    """How mails leave."""

    to: tuple[str, ...]
    sender: str
    host: str
    port: int
    security: str
    user: str


@dataclass(frozen=True, kw_only=True)
class Alerts:
    """What is told, and to whom; nobody is told anything where no address stands in the settings."""

    on: tuple[str, ...] = EVENTS
    grains: tuple[str, ...] = ("month",)
    """Of targets and spikes: the last complete period of these."""
    webhook: str = ""
    mail: Mail | None = None

    @property
    def channels(self) -> tuple[str, ...]:
        """The ways out, by name."""
        return (*(["webhook"] if self.webhook else []), *(["email"] if self.mail else []))


@dataclass(frozen=True, kw_only=True)
class Alert:
    """One thing a person should know."""

    event: str
    text: str


def alerts(part: Part) -> Alerts:
    """What `[alerts]` says."""
    part.only("on", "grains", "webhook", "email", "smtp", "smtp_security", "smtp_user", "sender")
    webhook = part.get("webhook", "")
    if webhook and urlsplit(webhook).scheme not in {"http", "https"}:
        raise part.error(f"webhook is {webhook!r}", 'Give an address such as "https://chat.example.org/$ALERT_TOKEN".')
    return Alerts(
        on=_words(part, "on", EVENTS, EVENTS),
        grains=_words(part, "grains", GRAINS, ("month",)),
        webhook=webhook,
        mail=_mail(part),
    )


def alerts_of_broken(home: Path) -> Alerts:
    """What `[alerts]` of a folder says when the rest of its settings may be wrong; nobody, if that is wrong too."""
    try:
        said = document(home / "pipeline.toml").get("alerts", {})
        return alerts(Part(home / "pipeline.toml", "alerts", said if isinstance(said, dict) else {}))
    except SettingsError:
        return Alerts()


def _mail(part: Part) -> Mail | None:
    """The mails, if any are wanted."""
    to: list[str] = part.get("email", [])
    for address in to:
        if not isinstance(address, str) or not _ADDRESS.match(address):
            raise part.error(f"email holds {address!r}", 'Give addresses such as ["cx@example.org"].')
    if not to:
        return None
    security = part.one_of("smtp_security", SECURITY, "starttls")
    host, _, port = part.need("smtp", str).partition(":")
    if not host or not (port or "0").isdigit():
        raise part.error(f"smtp is {part.values['smtp']!r}", 'Give the mail server such as "smtp.example.org:587".')
    sender = part.get("sender", to[0])
    if not _ADDRESS.match(sender):
        raise part.error(f"sender is {sender!r}", 'Give an address such as "barometre@example.org".')
    number = int(port) if port else _DEFAULT_PORTS[security]
    return Mail(to=tuple(to), sender=sender, host=host, port=number, security=security, user=part.get("smtp_user", ""))


def _words(part: Part, key: str, known: tuple[str, ...], default: tuple[str, ...]) -> tuple[str, ...]:
    """A list of words out of those known."""
    told = part.get(key, list(default))
    for word in told:
        if word not in known:
            raise part.error(f"{key} holds {word!r}", f"It may hold {', '.join(known)}.")
    return tuple(told)
