"""`reference/benchmarks.toml`: figures of other companies.

[[benchmark]] metric_id, value, method, source, year, country, industry

A deployment without the file has the shipped one, `data/reference/benchmarks.toml` of the project.
"""

from pathlib import Path

from expectations.tables.dimensions import BENCHMARK_METHODS
from flows.io.toml import Part
from transforms.site import Benchmark

_SHIPPED = Path(__file__).parents[1] / "data" / "reference" / "benchmarks.toml"


def benchmarks_file(home: Path) -> Path:
    """The file of a reference folder, or the shipped one."""
    own = home / "benchmarks.toml"
    return own if own.is_file() else _SHIPPED


def benchmarks(home: Path) -> tuple[Benchmark, ...]:
    """The figures a deployment compares itself with."""
    file = Part.of(benchmarks_file(home))
    file.only("benchmark")
    found = []
    for part in file.parts("benchmark"):
        part.only("metric_id", "value", "method", "source", "year", "country", "industry")
        part.need("method", str)
        found.append(
            Benchmark(
                metric_id=part.need("metric_id", str),
                value=float(part.need("value", float)),
                method=part.one_of("method", BENCHMARK_METHODS, "as_defined"),
                source=part.need("source", str),
                year=part.maybe("year", int),
                country=part.maybe("country", str),
                industry=part.maybe("industry", str),
            )
        )
    return tuple(found)
