"""A run, stage by stage, in the words of the house; `nightly` runs it as a Prefect flow, `--plain` without."""

import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from expectations.tables import FACTS
from expectations.tables.metric import GRAINS
from flows.closed_days import require_calendar
from flows.erasing import erasure
from flows.errors import PlainError
from flows.failure import under_way
from flows.io import durable, ledger, memory, parquet, publish, quarantine, stored
from flows.io import kept as kept_frames
from flows.io.ledger import Entry, Record
from flows.io.mirror import Mirrored, refresh_mirror
from flows.io.prints import Prints
from flows.io.publish import Manifest
from flows.progress import Each, bar
from flows.settings import Settings
from flows.stages.judging import forget_results

if TYPE_CHECKING:
    from flows.stages.draft import Draft


class NothingToPublish(PlainError):  # noqa: N818 -- read aloud where it is caught
    """No export gave a single row."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What the user asked of this run."""

    accept_shrink: bool = False


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a run ended."""

    manifest: Manifest
    is_new: bool
    """False: nothing had changed since this run was published, and no file was touched."""
    reports: list[Path] = field(default_factory=list)
    mirrored: Mirrored | None = None

    @property
    def held(self) -> list[dict[str, Any]]:
        """Exports that were refused or held back."""
        return [it for it in self.manifest["exports"] if it["state"] != "accepted"]


def refresh(settings: Settings, wish: Wish, each: Each) -> Outcome:
    """Refresh every table from the exports that changed since the last run."""
    with under_way(settings.data, f"a run as of {settings.as_of}"), parquet.refusals_of_the_disk(settings.data):
        try:
            return _refreshed(settings, wish, each)
        except parquet.Damaged as problem:
            # Where one file rotted others may have: what is no longer believed is read, or made, once more.
            print(f"{problem}\nBeginning anew, once, without what is damaged.", file=sys.stderr, flush=True)
            stored.forget_damaged(settings.store)
            kept_frames.forget_damaged(settings.kept)
            return _refreshed(settings, wish, each)


def _refreshed(settings: Settings, wish: Wish, each: Each) -> Outcome:
    """The run, once it has said that it began."""
    # Imported here: a night without news needs none of it, and would wait for it.
    from flows.stages import (  # noqa: PLC0415
        adding,
        analysing,
        building,
        closing,
        measuring,
        publishing,
        revising,
        routing,
    )
    from flows.stages.reading import read_export  # noqa: PLC0415

    parent = publish.current(settings.shelf)
    ledger.forget_half_read(settings.store)
    prints = Prints.of(settings, now_s=time.time())
    work = ledger.jobs(settings, now_s=time.time(), prints=prints)
    prints.keep()
    told = each("reading exports", read_export, [job for job in work if not job["problem"]], settings)
    taken = _taken(settings, work, told, erasure.renewed(parent, told, settings), wish)
    if done := _unchanged(settings, taken, parent):
        return done
    draft = _draft(settings, taken, parent)
    with bar("parting tickets"):
        routing.lay_out(draft, taken)
    memory.give_back()  # of each ticket a word was held
    feeds = each("latest versions", building.latest_feed, _feeds_of(taken), draft, taken)
    built = each("building facts", building.build_frame, building.steps_of(_feeds_of(taken)), draft, in_turn=True)
    facts = [name for name in built if name in FACTS]
    with bar("building dimensions"):
        outputs = building.build_dimensions(draft)
    shown = [name for name in facts if FACTS[name].published]
    outputs += [it for made in each("publishing facts", publishing.publish_fact, shown, draft) for it in made]
    each("adding up days", adding.add_up_days, adding.tell_members(draft), draft)
    outputs += [it for made in each("computing metrics", measuring.build_metrics, GRAINS, draft) for it in made]
    with bar("comparing with the run before"):
        outputs.append(revising.build_revision(draft, taken))
    outputs += each("analysing", analysing.build_analysis, analysing.analyses_of(draft), draft)
    with bar("closing the run"):
        manifest = closing.close(draft, taken, feeds=feeds, facts=facts, outputs=outputs, parent=parent)
        reports = quarantine.write_reports(settings.quarantine / f"run-{draft.run:06d}", settings.store, taken)
    durable.remove(settings.quarantine / "check")  # it tells of rows as they were before this run
    publish.commit(settings.shelf, manifest, parent)
    return Outcome(manifest=manifest, is_new=True, reports=reports, mirrored=tidy(settings, manifest))


def known_already(settings: Settings, wish: Wish) -> Outcome | None:
    """The outcome where nothing has changed, told from fingerprints alone; None where there is work to do.

    Where there is none, no file is touched, and what was hashed is not noted either. Where there is, the run would
    stop at a country without holidays: better here than once an engine has been started.
    """
    prints = Prints.of(settings, now_s=time.time())
    outcome = _known_already(settings, wish, prints)
    if outcome is None:
        require_calendar(settings.site)
        prints.keep()
    return outcome


def _known_already(settings: Settings, wish: Wish, prints: Prints) -> Outcome | None:
    parent = publish.current(settings.shelf)
    work = ledger.jobs(settings, now_s=time.time(), prints=prints)
    readable = [job for job in work if not job["problem"]]
    told = [it for it in (ledger.record(settings.store, job["key"]) for job in readable) if it is not None]
    if parent is None or len(told) < len(readable) or erasure.is_due(parent, settings):
        return None
    return _unchanged(settings, _taken(settings, work, told, parent, wish), parent)


def tidy(settings: Settings, manifest: Manifest) -> Mirrored | None:
    """After the commit: the link for readers, old runs, and what only they needed; what became of the mirror."""
    kept = publish.tidy(settings.shelf, manifest, now_s=time.time())
    quarantine.forget(settings.quarantine, kept)
    forget_results(settings)
    manifests = [publish.manifest_of(settings.shelf, run) for run in kept]
    ledger.sweep(settings.store, ledger.needed_keys(manifests))
    kept_frames.sweep(settings.kept, manifest)
    return refresh_mirror(settings.shelf, manifest, settings.mirror) if settings.mirror else None


def _taken(
    settings: Settings, work: list[ledger.Job], told: list[Record], parent: Manifest | None, wish: Wish
) -> list[Entry]:
    return ledger.entries(work, told, parent, declared=set(settings.mappings), accept_shrink=wish.accept_shrink)


def _unchanged(settings: Settings, taken: list[Entry], parent: Manifest | None) -> Outcome | None:
    """The run that counts, where another would give the same tables and its files are sound."""
    if parent is None or parent["run_key"] != ledger.run_key(settings, taken):
        return None
    if publish.damaged(settings.shelf, parent):
        return None
    return Outcome(manifest=parent, is_new=False, mirrored=tidy(settings, parent))


def _draft(settings: Settings, taken: list[Entry], parent: Manifest | None) -> "Draft":
    """The next run, with empty folders to work in."""
    from flows.stages.draft import Draft  # noqa: PLC0415

    if not any(entry.used for entry in taken):
        problems = "\n".join(f"  {entry.reason}" for entry in taken)
        there = problems or f"  {settings.raw}: no file fits {', '.join(it.files for it in settings.exports)}."
        raise NothingToPublish(f"No export gave a row, so there is nothing to publish:\n{there}")
    run = parent["run"] + 1 if parent else 1
    publish.open_staging(settings.shelf, run)
    premises = kept_frames.premises_of(ledger.rules_sha256(), settings.documents_sha256)
    key = ledger.run_key(settings, taken)
    draft = Draft(settings=settings, run=run, run_key=key, premises=premises, parent=parent)
    durable.remove(draft.work)
    durable.folder(draft.work)
    return draft


def _feeds_of(taken: list[Entry]) -> list[str]:
    return sorted({entry.used["table"] for entry in taken if entry.used is not None})
