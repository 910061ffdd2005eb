"""Alerts on their way out: sent by the library apprise; what could not leave waits in a file for the next run."""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from flows.alerts.alert import Alert, Alerts, Mail
from flows.io import durable
from flows.io.publish import as_json

if TYPE_CHECKING:
    from apprise import NotifyBase

WAITING = "alerts_waiting.json"
WAITING_AT_MOST = 100
"""Messages kept for a channel that stays silent; the oldest go first, and `journal/` has them all."""
SECONDS_TO_CONNECT, SECONDS_TO_ANSWER = 10.0, 30.0
PASSWORD = "BAROMETRE_SMTP_PASSWORD"  # noqa: S105 -- the name of the variable, not what is in it


class NotSent(Exception):  # noqa: N818 -- read aloud where it is caught
    """A channel did not take a message."""


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What became of the messages of a run, and of those that were waiting."""

    sent: int
    problems: tuple[str, ...]
    """Why a channel took nothing; its messages wait for the next run."""


def send(home: Path, alerts: Alerts, *, title: str, found: Sequence[Alert]) -> Sent:
    """Send what was found as one message, after those that wait; nothing is raised, whatever a channel does."""
    message = {
        "title": title,
        "text": "\n".join(it.text for it in found),
        "events": sorted({it.event for it in found}),
    }
    new = [{**message, "channel": channel} for channel in alerts.channels] if found else []
    sent, problems, waiting = 0, {}, []
    for each in [*_waiting(home), *new]:
        if (channel := each["channel"]) not in alerts.channels:
            continue  # it was taken out of the settings
        if channel in problems:
            waiting.append(each)
            continue
        try:
            _send(alerts, each)
            sent += 1
        except NotSent as problem:
            problems[channel] = str(problem)
            waiting.append(each)
    _keep_waiting(home, waiting[-WAITING_AT_MOST:])
    return Sent(sent=sent, problems=tuple(problems.values()))


def _send(alerts: Alerts, message: Mapping[str, Any]) -> None:
    """One message through one channel."""
    import apprise  # noqa: PLC0415 -- only where there is something to send

    channel = message["channel"]
    way_out = _mail_service(alerts.mail) if channel == "email" and alerts.mail else _web_service(alerts, message)
    if way_out is None:
        raise NotSent(f"{channel}: the address in [alerts] is not understood.")
    way_out.socket_connect_timeout, way_out.socket_read_timeout = SECONDS_TO_CONNECT, SECONDS_TO_ANSWER
    sender = apprise.Apprise()
    sender.add(way_out)
    with apprise.LogCapture(level=apprise.logging.INFO, fmt="%(message)s") as told:  # type: ignore[no-untyped-call]
        is_sent = sender.notify(title=message["title"], body=message["text"])
        if not is_sent:
            raise NotSent(f"{channel}: {_last_line(told.getvalue())}")


def _web_service(alerts: Alerts, message: Mapping[str, Any]) -> "NotifyBase | None":
    """A chat that is known by its address, or else whoever takes JSON."""
    import apprise  # noqa: PLC0415

    address = _filled(alerts.webhook)
    if (known := apprise.Apprise.instantiate(address, suppress_exceptions=True)) is not None:
        return known
    parts = urlsplit(address)
    return apprise.Apprise.instantiate(
        {
            "schema": "jsons" if parts.scheme == "https" else "json",
            "host": parts.hostname or "",
            "port": parts.port,
            "fullpath": parts.path or "/",
            "params": dict(parse_qsl(parts.query)),
            "payload": {"events": message["events"]},
        }
    )


def _mail_service(mail: Mail) -> "NotifyBase | None":
    import apprise  # noqa: PLC0415

    login = {"user": mail.user, "password": _filled(f"${PASSWORD}")} if mail.user else {}
    return apprise.Apprise.instantiate(
        {
            "schema": "mailto" if mail.security == "insecure" else "mailtos",
            "host": mail.host,
            "port": mail.port,
            "smtp_host": mail.host,
            "from_addr": mail.sender,
            "targets": list(mail.to),
            "secure_mode": mail.security,
            "format": "text",
            **login,
        }
    )


def _filled(text: str) -> str:
    """The text with its `$NAME` from the environment."""
    try:
        return Template(text).substitute(os.environ)
    except KeyError as name:
        raise NotSent(
            f"[alerts] needs {name.args[0]} of the environment; it is not set. Set it for the service."
        ) from None
    except ValueError:
        raise NotSent("[alerts] webhook has a $ that begins no name. Write $$ for a plain one.") from None


def _last_line(log: str) -> str:
    """Why, in the words of the library; never the address, which may hold a token."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    return lines[-1] if lines else "it did not take the message, and did not say why."


def _waiting(home: Path) -> list[dict[str, Any]]:
    """Messages of earlier runs that no channel took."""
    try:
        return list(json.loads((home / WAITING).read_bytes())["messages"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return []


def _keep_waiting(home: Path, messages: Iterable[Mapping[str, Any]]) -> None:
    kept = list(messages)
    if kept:
        durable.put_bytes(durable.folder(home) / WAITING, as_json({"messages": kept}))
    elif (home / WAITING).is_file():
        durable.remove(home / WAITING)
