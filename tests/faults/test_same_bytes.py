"""The same inputs give the same bytes, however many threads work and whichever engine of polars they work in.

Each run is a process of its own on a copy of one deployment, whose tables are cut into small pieces so that every
thread has work; what is compared is every byte that was published or stored.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.faults.conftest import Proof
from tests.faults.test_publish import tree
from tests.flows.conftest import PIPELINE, empty_site

FIRST = dt.datetime(2025, 9, 1, 8)  # noqa: DTZ001 -- on the wall
HEAD = """
source = "{source}"
follows = "Made up for the tests."
[read]
separator = ","
datetimes = ["%Y-%m-%d %H:%M:%S"]
[columns]
"""
MAPPINGS = {
    "tickets": 'table = "feed_ticket"' + HEAD.format(source="assistance") + """
ticket_id = ["Ticket"]
created_at = ["Créé"]
first_response_at = ["Répondu"]
resolved_at = ["Résolu"]
customer_id = ["Client"]
agent_id = ["Agent"]
team = ["Équipe"]
channel = ["Canal"]
topic = ["Sujet"]
""",
    "evenements": 'table = "feed_ticket_event"' + HEAD.format(source="assistance") + """
ticket_id = ["Ticket"]
occurred_at = ["Quand"]
kind = ["Quoi"]
status = ["État"]
actor_kind = ["Qui"]
""",
    "appels": 'table = "feed_contact"' + HEAD.format(source="standard") + """
contact_id = ["Appel"]
started_at = ["Quand"]
wait_s = { headers = ["Attente"], unit = "seconds" }
talk_s = { headers = ["Durée"], unit = "seconds" }
is_answered = ["Pris"]
agent_id = ["Agent"]
team = ["Équipe"]
[constants]
channel = "phone"
direction = "inbound"
""",
    "avis": 'table = "feed_survey"' + HEAD.format(source="enquete") + """
response_id = ["Avis"]
answered_at = ["Quand"]
score_milli = ["Note"]
ticket_id = ["Ticket"]
team = ["Équipe"]
verbatim = ["Texte"]
[constants]
kind = "csat"
scale = "1-5"
channel = "email"
""",
}  # fmt: skip


def csv(data: Path, name: str, header: str, lines: list[str]) -> None:
    (data / "raw" / name).write_text("\n".join((header, *lines)) + "\n", "utf-8")


def new_site(data: Path, *names: str, tickets: int) -> Path:
    """Half a year of a support team, two files a feed; some rows stand in both, some cannot be read."""
    exports = "".join(f'\n[[export]]\nfiles = "{name}_?.csv"\nmapping = "{name}"\n' for name in names)
    empty_site(data, pipeline=PIPELINE.partition("[[export]]")[0] + exports, **MAPPINGS)
    chance = random.Random(11)  # noqa: S311 -- no secret
    asked, events, answers = [], [], []
    for number in range(tickets):
        created = FIRST + dt.timedelta(minutes=chance.randint(0, 300_000))
        replied = created + dt.timedelta(seconds=chance.randint(30, 200_000))
        solved = replied + dt.timedelta(seconds=chance.randint(0, 900_000))
        team = chance.choice(("N1", "N2", "Logistique"))
        asked.append(
            f"T{number},{created},{replied},{solved},C{chance.randint(0, 300)},A{chance.randint(0, 20)},{team},"
            f"{chance.choice(('email', 'chat', 'form'))},{chance.choice(('Livraison', 'Facture', 'Panne'))}"
        )
        steps = (
            (created, "created", "new", "customer"),
            (replied, "message", "", "agent"),
            (solved, "status", "solved", ""),
        )
        events += [f"T{number},{at},{kind},{status},{who}" for at, kind, status, who in steps]
        if chance.random() < 0.6:
            score = chance.choice((*"12345", "?"))
            answers.append(f"R{number},{solved},{score},T{number},{team},livraison {chance.randint(0, 9)} très lente")
    calls = [
        f"P{number},{FIRST + dt.timedelta(seconds=chance.randint(0, 18_000_000))},{chance.randint(0, 600)},"
        f"{chance.randint(0, 1800)},{chance.choice(('oui', 'oui', 'non'))},A{chance.randint(0, 20)},{chance.choice(('N1', 'N2'))}"
        for number in range(tickets * 2)
    ]
    for name, header, lines in (
        ("tickets", "Ticket,Créé,Répondu,Résolu,Client,Agent,Équipe,Canal,Sujet", asked),
        ("evenements", "Ticket,Quand,Quoi,État,Qui", events),
        ("avis", "Avis,Quand,Note,Ticket,Équipe,Texte", answers),
        ("appels", "Appel,Quand,Attente,Durée,Pris,Agent,Équipe", calls),
    ):
        half = len(lines) // 2
        csv(data, f"{name}_1.csv", header, lines[: half + 40])
        csv(data, f"{name}_2.csv", header, lines[half:])
    return data


def bytes_after_a_run(site: Path, module: str, *, threads: int, engine: str) -> tuple[str, str]:
    """Fingerprints of what is published and stored, of a run in a process of its own."""
    data = shutil.copytree(site, site.parent / f"{engine}-{threads}")
    told = {"POLARS_MAX_THREADS": str(threads), "POLARS_ENGINE_AFFINITY": engine, "POLARS_IDEAL_MORSEL_SIZE": "64"}
    done = subprocess.run(
        [sys.executable, "-m", module, "run", "--plain", "--data", str(data)],
        cwd=ROOT,
        env=os.environ | told | dict.fromkeys(("BAROMETRE_RAW", "BAROMETRE_AS_OF", "BAROMETRE_KEY"), ""),
        capture_output=True,
        text=True,
        check=False,
        timeout=560,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    found = tree(data / "published"), tree(data / "store")
    shutil.rmtree(data)
    return found


def compared(site: Path, module: str, ways: list[tuple[int, str]]) -> int:
    found = {way: bytes_after_a_run(site, module, threads=way[0], engine=way[1]) for way in ways}
    assert set(found.values()) == {found[ways[0]]}
    return len(found)


def test_one_thread_and_four_in_another_engine_give_the_same_bytes(
    tmp_path: Path, proves: Callable[[Proof], None]
) -> None:
    site = new_site(tmp_path / "site", "appels", "avis", tickets=300)
    ways = compared(site, "tests.faults.few_metrics", [(1, "in-memory"), (4, "streaming")])
    proves(Proof(7, "threads and engines, each in its own process", ways))


@pytest.mark.slow
def test_any_number_of_threads_in_either_engine_gives_the_same_bytes(
    tmp_path: Path, proves: Callable[[Proof], None]
) -> None:
    site = new_site(tmp_path / "site", *MAPPINGS, tickets=900)
    ways = [(threads, engine) for threads in (1, 2, 4, 8) for engine in ("streaming", "in-memory")]
    proves(Proof(7, "threads and engines, each in its own process", compared(site, "flows", ways)))
