"""Alerts: what a person is told of a run, through a web server and a mail server on loopback."""

from __future__ import annotations

import contextlib
import json
import socketserver
import threading
from collections.abc import Iterator
from email import message_from_string, policy
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flows.__main__ import main
from flows.alerts import sending
from flows.alerts.alert import Alert, Alerts, Mail
from flows.failure import noted_failure, under_way
from flows.io.toml import SettingsError
from flows.settings import load
from tests.flows.conftest import PIPELINE, deliver
from tests.flows.test_pipeline import run, tree

pytestmark = pytest.mark.filterwarnings("ignore")  # of apprise and Prefect


class Hook:
    """A chat that keeps what it is sent."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.answer = 200
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if hook.answer == 200:
                    hook.taken.append(json.loads(body))
                    hook.paths.append(self.path)
                self.send_response(hook.answer)
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks/a"


@pytest.fixture
def hook() -> Iterator[Hook]:
    found = Hook()
    thread = threading.Thread(target=found.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield found
    found.server.shutdown()
    found.server.server_close()
    thread.join()


class Smtp(socketserver.StreamRequestHandler):
    """As much of a mail server as one mail needs."""

    def handle(self) -> None:
        self.say("220 loopback")
        while line := self.rfile.readline().decode().strip():
            match line.split()[0].upper():
                case "DATA":
                    self.say("354 go on")
                    text = b""
                    while (part := self.rfile.readline()) != b".\r\n":
                        text += part
                    self.server.mails.append(text.decode())  # type: ignore[attr-defined]
                    self.say("250 taken")
                case "QUIT":
                    self.say("221 bye")
                    return
                case _:
                    self.say("250 fine")

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@pytest.fixture
def smtp() -> Iterator[socketserver.TCPServer]:
    with socketserver.TCPServer(("127.0.0.1", 0), Smtp) as server:
        server.mails = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def say(site: Path, alerts: str) -> None:
    (site / "pipeline.toml").write_text(PIPELINE + "\n[alerts]\n" + alerts, "utf-8")


def journal(site: Path, name: str = "last.json") -> dict[str, Any]:
    return json.loads((site / "journal" / name).read_bytes())


WAITING = Path("journal") / "alerts_waiting.json"


def test_a_run_leaves_its_entry_and_an_alert_that_cannot_leave_waits(published: Path, hook: Hook) -> None:
    say(published, f'webhook = "{hook.url}?source=nightly"\n')
    deliver(published, "avis_2026-04.csv", "9;02/03/2026 10:00;5;email")
    (published / "raw" / "avis_2026-05.csv").write_text("Autre;Chose\n1;2\n", "utf-8")
    hook.answer = 503
    assert run(published) == 2
    assert hook.taken == []
    entry = journal(published, "run-000002.json")
    assert entry == journal(published)
    assert (entry["state"], entry["exit_code"], entry["rows"]["rows_accepted"]) == ("held", 2, 7)
    assert entry["completed_at"] == entry["ended_at"]
    assert "facts/fact_survey_response.parquet" in entry["tables_changed"]
    assert "webhook" in entry["alerts"]["problems"][0]
    before = tree(published / "published")

    hook.answer = 200
    assert run(published) == 2, "nothing changed, and the export still waits for a person"
    (told,) = hook.taken
    assert "held" in told["events"]
    assert "avis_2026-05.csv" in told["message"]
    assert "Petit site" in told["title"]
    assert hook.paths == ["/hooks/a?source=nightly"]
    assert not (published / WAITING).exists()
    assert tree(published / "published") == before
    assert journal(published)["state"] == "unchanged"
    assert journal(published, "run-000002.json") == entry

    assert run(published) == 2
    assert len(hook.taken) == 1, "told once"


def test_a_run_that_fails_is_told_even_where_its_settings_are_wrong(site: Path, hook: Hook) -> None:
    say(site, f'webhook = "{hook.url}"\n')
    text = (site / "pipeline.toml").read_text("utf-8")
    (site / "pipeline.toml").write_text(text.replace('mapping = "avis"', 'mapping = "aviss"'), "utf-8")
    assert main(["run", "--plain", "--data", str(site)]) == 1
    (told,) = hook.taken
    assert told["events"] == ["failed"]
    assert "no mapping 'aviss'" in told["message"]
    assert journal(site)["state"] == "failed"
    assert journal(site)["completed_at"] is None


def test_the_death_of_a_run_is_told_by_the_next(published: Path, hook: Hook) -> None:
    say(published, f'webhook = "{hook.url}"\n')
    with contextlib.suppress(InterruptedError), under_way(published, "a run as of 2026-03-31"):
        raise InterruptedError
    assert run(published) == 0
    assert run(published) == 0
    (told,) = hook.taken
    assert told["events"] == ["failed"]
    assert "a run as of 2026-03-31, begun" in told["message"]
    assert "did not come to its end" in told["message"]


def test_a_scheduled_run_that_fails_is_told_and_one_by_hand_tells_itself(site: Path, hook: Hook) -> None:
    from flows.nightly import nightly, tell  # noqa: PLC0415

    say(site, f'webhook = "{hook.url}"\n')
    state: Any = SimpleNamespace(name="Failed", message="Flow run encountered an exception: NoSpace: the disk is full")
    by_hand: Any = SimpleNamespace(deployment_id=None, parameters={"data": str(site)}, start_time=None)
    tell(nightly, by_hand, state)
    assert hook.taken == []
    scheduled: Any = SimpleNamespace(deployment_id="d", parameters={"data": str(site)}, start_time=None)
    tell(nightly, scheduled, state)
    (told,) = hook.taken
    assert (told["events"], told["message"].strip()) == (["failed"], "NoSpace: the disk is full")
    assert noted_failure(site) is not None
    assert journal(site)["state"] == "failed"


def test_a_mail_leaves_with_subject_and_text(tmp_path: Path, smtp: socketserver.TCPServer) -> None:
    mail = Mail(
        to=("cx@example.org", "chef@example.org"),
        sender="barometre@example.org",
        host="127.0.0.1",
        port=smtp.server_address[1],
        security="insecure",
        user="",
    )
    found = [Alert(event="held", text="Export refusé : avis.csv"), Alert(event="spike", text="CSAT : −12 points")]
    sent = sending.send(tmp_path, Alerts(mail=mail), title="Baromètre, Petit site: held, spike", found=found)
    assert sent == sending.Sent(sent=1, problems=())
    taken = [message_from_string(text, policy=policy.default) for text in smtp.mails]  # type: ignore[attr-defined]
    assert {it["To"] for it in taken} == {"cx@example.org", "chef@example.org"}
    for it in taken:
        assert it["Subject"] == "Baromètre, Petit site: held, spike"
        assert "barometre@example.org" in it["From"]
        body = it.get_body(("plain",))
        assert body is not None
        assert "Export refusé : avis.csv\nCSAT : −12 points" in body.get_content().replace("\r\n", "\n")


def test_a_token_comes_from_the_environment_and_is_said_nowhere(
    tmp_path: Path, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Alerts(webhook=hook.url + "/$ALERT_TOKEN")
    found = [Alert(event="failed", text="No disk.")]
    without = sending.send(tmp_path, told, title="t", found=found)
    assert without.problems == (
        "[alerts] needs ALERT_TOKEN of the environment; it is not set. Set it for the service.",
    )
    monkeypatch.setenv("ALERT_TOKEN", "s3cret")
    hook.answer = 500
    refused = sending.send(tmp_path, told, title="t", found=[])
    assert refused.sent == 0
    assert "s3cret" not in str(refused.problems) + (tmp_path / sending.WAITING).read_text("utf-8")
    hook.answer = 200
    assert sending.send(tmp_path, told, title="t", found=[]).sent == 1
    assert hook.paths == ["/hooks/a/s3cret"]


def test_a_channel_that_is_down_does_not_hold_up_the_other(
    tmp_path: Path, hook: Hook, smtp: socketserver.TCPServer
) -> None:
    dead = Mail(to=("a@b.org",), sender="a@b.org", host="127.0.0.1", port=1, security="insecure", user="")
    both = Alerts(webhook=hook.url, mail=dead)
    for number in (1, 2):
        sent = sending.send(tmp_path, both, title=f"{number}", found=[Alert(event="failed", text=f"{number}")])
        assert sent.sent == 1
        assert len(sent.problems) == 1, "the second is not even tried where the first did not leave"
    waiting = json.loads((tmp_path / sending.WAITING).read_bytes())["messages"]
    assert [(it["channel"], it["title"]) for it in waiting] == [("email", "1"), ("email", "2")]
    sending.send(tmp_path, Alerts(webhook=hook.url), title="", found=[])
    assert not (tmp_path / sending.WAITING).exists(), "the mails were taken out of the settings"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ('webhook = "chat.example.org"', "webhook is 'chat.example.org'. Give an address"),
        ('on = ["fail"]', "on holds 'fail'. It may hold failed, held, alarm, target, spike"),
        ('grains = ["day"]', "grains holds 'day'"),
        ('email = ["nobody"]', "email holds 'nobody'"),
        ('email = ["a@b.org"]', "'smtp' is missing"),
        ('email = ["a@b.org"]\nsmtp = "mail:x"', "smtp is 'mail:x'. Give the mail server"),
        ('email = ["a@b.org"]\nsmtp = "mail"\nsmtp_security = "none"', "smtp_security is 'none'"),
        ('password = "x"', "unknown key 'password'"),
    ],
)
def test_a_mistake_in_alerts_says_how_to_mend_it(site: Path, wrong: str, message: str) -> None:
    say(site, wrong)
    with pytest.raises(SettingsError, match=message):
        load(str(site))


def test_alerts_and_the_schedule_do_not_change_what_is_published(site: Path) -> None:
    before = load(str(site)).documents_sha256
    say(site, 'webhook = "https://chat.example.org"\n[schedule]\nat = "06:30"\n')
    assert load(str(site)).documents_sha256 == before
