"""The deployment that the bench's exports lie in: what a company would write for them."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks import world

FEEDS = ("tickets", "events", "surveys", "costs")
_EXPORT = """
[[export]]
files = "{feed}/*"
mapping = "{feed}"
"""
_PIPELINE = """[site]
name = "Bench"
zone = "Europe/Paris"
country = "FR"
as_of = {as_of}

[privacy]
sample_key = true
"""
_READ = {
    "csv": '[read]\nseparator = ","\nencoding = "utf-8"\ndatetimes = ["%Y-%m-%dT%H:%M:%SZ"]\ndates = ["%Y-%m-%d"]\n',
    "fr": '[read]\nseparator = ";"\nencoding = "windows-1252"\ndecimal = ","\n'
    'datetimes = ["%d/%m/%Y %H:%M:%S"]\nzone = "UTC"\ndates = ["%d/%m/%Y"]\n',
    "xlsx": '[read]\ndatetimes = ["%Y-%m-%d %H:%M:%S"]\nzone = "UTC"\ndates = ["%Y-%m-%d"]\n',
}
_MAPPINGS = {
    "tickets": """table = "feed_ticket"
source = "desk"
{read}
[columns]
ticket_id = ["ticket_id"]
channel = ["channel"]
team = ["team"]
agent_id = ["agent_id"]
customer_id = ["customer_id"]
created_at = ["created_at"]
first_response_at = ["first_reply_at"]
resolved_at = ["solved_at"]
reopen_count = ["reopen_count"]
status = ["status"]
priority = ["priority"]
topic = ["topic"]
segment = ["segment"]
updated_at = ["updated_at"]
""",
    "events": """table = "feed_ticket_event"
source = "desk"
{read}
[columns]
event_id = ["event_id"]
ticket_id = ["ticket_id"]
occurred_at = ["at"]
actor_kind = ["actor_type"]
kind = ["event"]
status = ["event"]
team = ["team"]

[values.kind]
created = ["created"]
message = ["reply", "message"]
status = ["solved", "reopened"]
team = ["moved"]

[values.status]
solved = ["solved"]
open = ["reopened"]
"" = ["*"]
""",
    "surveys": """table = "feed_survey"
source = "desk"
{read}
[columns]
response_id = ["response_id"]
ticket_id = ["ticket_id"]
sent_at = ["sent_at"]
answered_at = ["answered_at"]
kind = ["kind"]
scale = ["scale"]
score_milli = ["score"]
verbatim = ["comment"]
""",
    "costs": """table = "feed_cost"
source = "ledger"
{read}
[columns]
entry_id = ["entry_id"]
booked_on = ["month"]
channel = ["channel"]
kind = ["kind"]
amount_cents = {{ headers = ["amount"], unit = "euros" }}
""",
}
SCHEDULE = {"mon-fri": ("09:00", "18:00"), "sat": ("10:00", "13:00")}
_SCHEDULES = '[[schedule]]\ndays = "mon-fri"\nhours = ["09:00-18:00"]\nsaturday = ["10:00-13:00"]\n'


def write_deployment(home: Path, *, form: str) -> None:
    """pipeline.toml, sources and reference of the bench; `form` is csv, fr or xlsx."""
    exports = "".join(_EXPORT.format(feed=feed) for feed in FEEDS)
    texts = {
        "pipeline.toml": _PIPELINE.format(as_of=world.LAST_DAY) + exports,
        "reference/schedules.toml": _SCHEDULES,
        "reference/holidays.toml": "public = true\n",
        **{f"sources/{feed}.toml": said.format(read=_READ[form]) for feed, said in _MAPPINGS.items()},
    }
    for name, text in texts.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text, "utf-8")
    for feed in FEEDS:
        (home / "raw" / feed).mkdir(parents=True, exist_ok=True)
