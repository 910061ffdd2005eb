"""`python -m flows.sample --out data/sample`, or `--scale 1 --out DIR` for a bench of a million tickets."""

import argparse
import resource
import sys
import time
from pathlib import Path

from flows.progress import bar
from flows.sample import build, report

_PROJECT = Path(__file__).parents[2]
_SAMPLE = _PROJECT / "data" / "sample"
_SHIPPED_ANSWERS = _PROJECT / "tests" / "golden" / "sample_known_answers.toml"
_MEGABYTE = 1_000_000


def main(arguments: list[str] | None = None) -> int:
    """Write the shipped sample, or a large data set; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m flows.sample", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="deployment folder to write")
    parser.add_argument(
        "--scale", type=float, help="millions of tickets; without it the shipped sample with its faults"
    )
    parser.add_argument(
        "--answers", type=Path, help="where to write the known answers (default: those of the tests, with data/sample)"
    )
    given = parser.parse_args(arguments)
    if given.scale is None:
        is_shipped = given.out.resolve() == _SAMPLE
        return _small(given.out, given.answers or (_SHIPPED_ANSWERS if is_shipped else None))
    if given.answers is not None:
        parser.error("--answers goes with the shipped sample only: its slow twin does not scale.")
    if (given.out / "raw").exists():
        parser.error(f"{given.out} has a raw folder already. Name a new folder.")
    given.out.mkdir(parents=True, exist_ok=True)
    return _large(given.out, given.scale)


def _small(out: Path, answers: Path | None) -> int:
    """The shipped sample, its list of faults, and the figures that must come out of it."""
    started = time.perf_counter()
    sample = build.write_sample(out / "raw")
    (out / "PLANTED.toml").write_text(report.planted(sample), "utf-8")
    if answers is not None:
        with bar("computing the known answers"):
            answers.write_text(report.known_answers(sample), "utf-8")
    size = sum(path.stat().st_size for path in (out / "raw").rglob("*") if path.is_file())
    rows = sum(account.rows_in for account in sample.accounts)
    print(
        f"{len(sample.accounts)} files, {rows:,} rows, {size / _MEGABYTE:.2f} MB, {len(sample.planted)} faults, "
        f"{time.perf_counter() - started:.1f} s -> {out}"
    )
    return 0


def _large(out: Path, scale: float) -> int:
    """Month by month, with a line for each."""
    started, totals = time.perf_counter(), [0, 0, 0, 0]
    for month, size in build.write_large(out, scale, _SAMPLE):
        totals = [
            a + b
            for a, b in zip(
                totals, [month.tickets.height, month.events.height, month.surveys.height, size], strict=True
            )
        ]
        print(
            f"{month.month_on:%Y-%m}  {month.tickets.height:>9,} tickets  {size / _MEGABYTE:>8.1f} MB", file=sys.stderr
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000
    tickets, events, surveys, size = totals
    print(
        f"{tickets:,} tickets, {events:,} events, {surveys:,} invitations, {size / _MEGABYTE:.0f} MB, "
        f"{time.perf_counter() - started:.0f} s, peak {peak:.0f} MB -> {out}"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
