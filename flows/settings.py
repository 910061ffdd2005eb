"""One deployment's settings: `<data>/pipeline.toml`, its reference folder and `BAROMETRE_*`, read once and frozen.

BAROMETRE_DATA    the deployment folder; without it `data/`, and where that has no pipeline.toml the shipped sample
BAROMETRE_RAW     where the exports are, if not where pipeline.toml says
BAROMETRE_TASKS   which engine runs the tasks, if not the one of pipeline.toml (see `flows.engine`)
BAROMETRE_AS_OF   the last day the run knows of, if not yesterday
BAROMETRE_KEY     the secret by which people are made pseudonymous, if not the one kept in `<data>/.key`
"""

import datetime as dt
import hashlib
import json
import os
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flows.alerts.alert import Alerts, alerts
from flows.benchmarks import benchmarks_file
from flows.closed_days import require_calendar
from flows.engine import DEFAULT_TASKS, Engine, parse_engine
from flows.home import PROJECT, SAMPLE, data_folder
from flows.io import durable
from flows.io.publish import Shelf
from flows.io.toml import Part, SettingsError, document
from flows.places import Bucket, mirror_place, raw_place
from flows.reference import site
from flows.schedule.timetable import Timetable, timetable
from transforms.mapping import Mapping as SourceMapping
from transforms.mapping import parse_mapping
from transforms.scales import Scale, parse_scales
from transforms.site import Site

SHIPPED_SOURCES = PROJECT / "transforms" / "sources"
REFERENCE_FILES = ("holidays", "labels", "scales", "schedules", "sla", "targets", "teams")
_PARTS = ("site", "paths", "privacy", "reading", "thresholds", "channel_weights", "staffing", "ltv", "revenue")
_NOT_OF_THE_RESULT = ("paths", "reading", "privacy", "run", "schedule", "alerts")
_SAMPLE_KEY = b"The people of the sample do not exist: this key is no secret."
_KEY_BYTES = 32
_SHORTEST_KEY = 16


@dataclass(frozen=True, kw_only=True)
class Export:
    """Files of the raw folder that are read with one mapping."""

    files: str
    """A pattern inside the raw folder, such as surveys/*.csv."""
    mapping: str


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a run is told; nothing else reads the environment or the clock."""

    data: Path
    raw: Path
    as_of: dt.date
    site: Site
    exports: tuple[Export, ...]
    mappings: Mapping[str, SourceMapping]
    """The mappings that the exports name."""
    mapping_sha256: Mapping[str, str]
    """Fingerprint of what each of them says, and of the site's own scales."""
    scales: Mapping[str, Scale]
    key: bytes = field(repr=False)
    settle_s: int
    raw_bucket: Bucket | None
    """What the raw folder is a copy of; None where it is a folder of the user."""
    mirror: Path | Bucket | None
    """A second copy of the tables, for readers that cannot follow the link."""
    engine: Engine
    """Where the tasks of a run run."""
    name: str
    language: str
    """Of what a person reads: fr or en."""
    documents_sha256: str
    """Fingerprint of all that was said in TOML and matters to the result."""
    is_sample: bool
    timetable: Timetable
    alerts: Alerts

    @property
    def shelf(self) -> Shelf:
        """The published folder."""
        return Shelf(self.data / "published")

    @property
    def store(self) -> Path:
        """Partitions by content: one for each export that was read."""
        return self.data / "store"

    @property
    def kept(self) -> Path:
        """Frames that were made of the partitions, by content too."""
        return self.store / "kept"

    @property
    def quarantine(self) -> Path:
        """Reports a person reads: refused rows by run, and what Great Expectations found."""
        return self.data / "quarantine"

    @property
    def lock(self) -> Path:
        """What a run holds while it works."""
        return self.data / ".lock"

    @property
    def prints(self) -> Path:
        """What is known of the files of the raw folder as this disk holds them; see `flows.io.prints`."""
        return self.data / ".fingerprints.json"


def load(data: str = "", *, as_of: dt.date | None = None, tasks: str = "", is_in_haste: bool = False) -> Settings:
    """The settings of the deployment folder, checked: a key nobody knows is an error, with a suggestion.

    In haste, the calendar is left to whoever asks for it first: a night without news does not.
    """
    home = data_folder(data)
    main = Part.of(home / "pipeline.toml")
    main.only(*_PARTS, "run", "schedule", "alerts", "export")
    about, reading = main.part("site"), main.part("reading")
    about.only("name", "zone", "country", "as_of", "fiscal_year_starts_in", "language", "industry")
    reading.only("settle_s")
    (paths := main.part("paths")).only("raw", "mirror")
    raw, bucket = raw_place(home, paths)
    main.part("thresholds").only("short_abandon_s", "fcr_window_days", "survey_window_days", "unanswered_after_days")
    exports = _exports(main)
    told = {name: _mapping(home, name, main) for name in sorted({export.mapping for export in exports})}
    own_scales = document(home / "reference" / "scales.toml")
    scales = parse_scales(own_scales)
    about_site = site(home / "reference", main)
    if not is_in_haste:
        require_calendar(about_site)
    return Settings(
        data=home,
        raw=raw,
        raw_bucket=bucket,
        as_of=as_of or _as_of(about, _zone(about)),
        site=about_site,
        exports=exports,
        mappings={name: parse_mapping(name, said, scales) for name, said in told.items()},
        mapping_sha256={name: digest([said, own_scales]) for name, said in told.items()},
        scales=scales,
        key=_key(home, main.part("privacy")),
        settle_s=reading.between("settle_s", 0, 3600, 0),
        mirror=mirror_place(home, paths),
        engine=_engine(main.part("run"), tasks),
        name=about.get("name", home.name),
        language=about.one_of("language", ("fr", "en"), "fr"),
        documents_sha256=_documents(home, main, told),
        is_sample=home == SAMPLE,
        timetable=timetable(main.part("schedule")),
        alerts=alerts(main.part("alerts")),
    )


def _exports(main: Part) -> tuple[Export, ...]:
    """The exports of the deployment, in the order given."""
    found = []
    for part in main.parts("export"):
        part.only("files", "mapping")
        files = part.need("files", str)
        if files.startswith(("/", "~")) or ".." in Path(files).parts or "**" in files:
            raise part.error(f"files is {files!r}", 'Name files inside the raw folder, such as "surveys/*.csv".')
        found.append(Export(files=files, mapping=part.need("mapping", str)))
    if not found:
        raise main.error("no [[export]] is declared", 'Add one: files = "surveys/*.csv" and mapping = "surveys".')
    return tuple(found)


def _mapping(home: Path, name: str, main: Part) -> dict[str, Any]:
    """The mapping of that name: the deployment's own, or a shipped one."""
    folders = (home / "sources", SHIPPED_SOURCES)
    for folder in folders:
        if (folder / f"{name}.toml").is_file():
            return document(folder / f"{name}.toml")
    known = sorted({path.stem for folder in folders for path in folder.glob("*.toml")})
    raise main.error(f"no mapping {name!r}", f"There are {', '.join(known)}. Add {home / 'sources' / name}.toml.")


def _engine(run: Part, asked: str) -> Engine:
    """The engine of the tasks: as asked on the command line, of the environment, or of the settings."""
    run.only("tasks")
    told = run.get("tasks", DEFAULT_TASKS)
    for said, where in ((asked, "--tasks"), (os.environ.get("BAROMETRE_TASKS", ""), "BAROMETRE_TASKS")):
        if said:
            return parse_engine(said, where=where)
    return parse_engine(told, where=f"{run.path} [run]")


def _zone(about: Part) -> ZoneInfo:
    """The site's zone, by which days are cut."""
    name = about.get("zone", "Europe/Paris")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise about.error(f"zone is {name!r}", 'Give an IANA name such as "Europe/Paris".') from None


def _as_of(about: Part, zone: ZoneInfo) -> dt.date:
    """The last day the run knows of: as told, or yesterday in the site's zone."""
    if asked := os.environ.get("BAROMETRE_AS_OF", ""):
        try:
            return dt.date.fromisoformat(asked)
        except ValueError:
            raise SettingsError(f"BAROMETRE_AS_OF is {asked!r}. Write a day as 2026-03-31.") from None
    return about.maybe("as_of", dt.date) or dt.datetime.now(zone).date() - dt.timedelta(days=1)


def _key(home: Path, privacy: Part) -> bytes:
    """The secret of the pseudonyms: of the environment, of the sample, or one made on first use and kept."""
    privacy.only("sample_key")
    if asked := os.environ.get("BAROMETRE_KEY", ""):
        if len(asked) < _SHORTEST_KEY:
            raise SettingsError(f"BAROMETRE_KEY has {len(asked)} characters. Give at least {_SHORTEST_KEY}, at random.")
        return asked.encode()
    if privacy.get("sample_key", default=False):
        return _SAMPLE_KEY
    path = home / ".key"
    if not path.is_file():
        if (home / "published" / "CURRENT").is_file():
            raise SettingsError(
                f"{home}: looked for the key of the pseudonyms (.key, or BAROMETRE_KEY), found none, and tables that "
                "were made with one. Copy .key from where the folder was (cp folder/* leaves it behind). With another "
                "key all people are others: to have it so, remove published/ and store/ first."
            )
        durable.put_bytes(path, secrets.token_bytes(_KEY_BYTES), mode=0o600)
    if len(key := path.read_bytes()) < _SHORTEST_KEY:
        raise SettingsError(f"{path}: the key has {len(key)} bytes. Put it back from a copy: other keys, other people.")
    return key


def _documents(home: Path, main: Part, mappings: Mapping[str, Any]) -> str:
    """Fingerprint of what the files say: not of their comments, nor of where the raw folder is."""
    said = {key: value for key, value in main.values.items() if key not in _NOT_OF_THE_RESULT}
    said["site"] = {key: value for key, value in main.part("site").values.items() if key != "as_of"}
    said |= {name: document(home / "reference" / f"{name}.toml") for name in REFERENCE_FILES}
    said["benchmarks"] = document(benchmarks_file(home / "reference"))
    said["mappings"] = dict(mappings)
    return digest(said)


def digest(said: object) -> str:
    """Fingerprint of plain data."""
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()


def version() -> str:
    """Version of the pipeline, as pyproject.toml says."""
    return str(tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]["version"])
