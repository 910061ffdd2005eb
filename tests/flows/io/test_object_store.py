"""Raw exports out of a bucket, and published runs into one, against a store of another make on loopback."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from flows.__main__ import main
from flows.io import object_store, publish
from flows.io.mirror import POINTER, Mirrored, name_in_bucket, refresh_mirror
from flows.io.object_store import Objects, Unreachable, land
from flows.io.publish import Shelf
from flows.io.toml import SettingsError
from flows.places import Bucket
from flows.settings import load
from tests.faults.test_publish import NAMES, release
from tests.flows.conftest import HEADER, MARCH
from tests.flows.test_pipeline import csat, manifest, tree

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
SECRET = "a-secret-that-no-file-may-hold"  # noqa: S105 -- of a store that lives as long as a test


class Store:
    """A store on loopback that counts what is asked of it, and refuses what it is told to refuse."""

    def __init__(self) -> None:
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app  # noqa: PLC0415
        from werkzeug.serving import make_server  # noqa: PLC0415

        self.asked: list[tuple[str, str]] = []
        self.refuses: Callable[[str, str], bool] = lambda _method, _path: False
        self._backend = DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _answer(self, environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if method == "PUT" or "uploads" not in environ["QUERY_STRING"]:
            self.asked.append((method, path))
        if self.refuses(method, path):
            start("403 Forbidden", [("Content-Type", "application/xml")])
            return [b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"]
        return self._backend(environ, start)

    def close(self) -> None:
        self._server.shutdown()


@pytest.fixture(scope="module")
def _store() -> Iterator[Store]:
    pytest.importorskip("moto")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    store = Store()
    yield store
    store.close()


@pytest.fixture
def store(_store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The store, empty, and the environment by which it is found."""
    told = {"ACCESS_KEY_ID": "reader", "SECRET_ACCESS_KEY": SECRET, "REGION": "eu-west-3", "ENDPOINT_URL": _store.url}
    for name, value in told.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    _store.refuses = lambda _method, _path: False
    from pyarrow import fs  # noqa: PLC0415

    admin = fs.S3FileSystem(endpoint_override=_store.url, allow_bucket_creation=True, region="eu-west-3")
    admin.create_dir("exports")
    admin.create_dir("tables")
    admin.delete_dir_contents("exports")
    admin.delete_dir_contents("tables")
    _store.asked.clear()
    return _store


def place(store: Store, bucket: str, prefix: str = "") -> Bucket:
    return Bucket(bucket=bucket, prefix=prefix, endpoint=store.url, region="eu-west-3")


def delivered(store: Store, name: str, *lines: str) -> None:
    Objects.of(place(store, "exports", "nuit")).put(name, "\n".join((HEADER, *lines, "")).encode())


def gets(store: Store) -> list[str]:
    return [path for method, path in store.asked if method == "GET" and path.endswith(".csv")]


def test_objects_are_fetched_once_and_again_when_they_changed(store: Store, tmp_path: Path) -> None:
    delivered(store, "avis_1.csv", MARCH[0])
    delivered(store, "avis_2.csv", MARCH[1])
    delivered(store, "autre/avis_3.csv", MARCH[2])
    where, folder = place(store, "exports", "nuit"), tmp_path / "landing"
    land(where, folder, ["avis_*.csv"])
    assert sorted(it.name for it in folder.iterdir()) == [".landed.json", "avis_1.csv", "avis_2.csv"]
    before = {it: it.stat().st_mtime_ns for it in folder.iterdir()}
    store.asked.clear()
    land(where, folder, ["avis_*.csv"])
    assert gets(store) == []
    assert {it: it.stat().st_mtime_ns for it in folder.iterdir()} == before
    delivered(store, "avis_1.csv", MARCH[3])
    land(where, folder, ["avis_*.csv"])
    assert set(gets(store)) == {"/exports/nuit/avis_1.csv"}
    assert MARCH[3] in (folder / "avis_1.csv").read_text("utf-8")


def test_a_local_copy_that_was_cut_short_is_fetched_again(store: Store, tmp_path: Path) -> None:
    delivered(store, "avis_1.csv", MARCH[0])
    land(place(store, "exports", "nuit"), tmp_path, ["*.csv"])
    whole = (tmp_path / "avis_1.csv").read_bytes()
    (tmp_path / "avis_1.csv").write_bytes(whole[:-5])
    land(place(store, "exports", "nuit"), tmp_path, ["*.csv"])
    assert (tmp_path / "avis_1.csv").read_bytes() == whole


def test_an_object_replaced_while_it_is_fetched_comes_whole_of_one_version(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivered(store, "avis_1.csv", *[MARCH[0]] * 50)
    real, versions = object_store.durable.put, iter(range(1, 3))

    def put(path: Path, write: Callable[[Path], None], *, is_lasting: bool = True) -> None:
        real(path, write, is_lasting=is_lasting)
        if path.name == "avis_1.csv" and (number := next(versions, None)):
            delivered(store, "avis_1.csv", *[MARCH[number]] * 50)

    monkeypatch.setattr(object_store.durable, "put", put)
    land(place(store, "exports", "nuit"), tmp_path, ["*.csv"])
    assert set((tmp_path / "avis_1.csv").read_text("utf-8").splitlines()) == {HEADER, MARCH[2]}


def test_an_address_without_objects_removes_nothing(store: Store, tmp_path: Path) -> None:
    delivered(store, "avis_1.csv", MARCH[0])
    land(place(store, "exports", "nuit"), tmp_path, ["*.csv"])
    for prefix, patterns in (("jour", ["*.csv"]), ("nuit", ["*.xlsx"])):
        with pytest.raises(Unreachable, match=r"Nothing was changed: correct the address"):
            land(place(store, "exports", prefix), tmp_path, patterns)
    with pytest.raises(Unreachable, match="there is no object at all"):
        land(place(store, "no-such-bucket"), tmp_path, ["*.csv"])
    store.refuses = lambda _method, _path: True
    with pytest.raises(Unreachable, match=r"(?s)ACCESS_DENIED.*Nothing was changed"):
        land(place(store, "exports", "nuit"), tmp_path, ["*.csv"])
    assert (tmp_path / "avis_1.csv").is_file()


@pytest.mark.parametrize(
    "name", ["../outside.csv", "a/../../outside.csv", "./a.csv", "a//b.csv", ".hidden.csv", "~$a.csv"]
)
def test_names_that_are_no_files_of_a_raw_folder_do_not_fit(name: str) -> None:
    assert not any(object_store._fits(name, pattern) for pattern in ("*.csv", "*/*.csv", "*/*/*.csv", "*/*/*/*.csv"))


@pytest.mark.parametrize(
    "address", ["s3://", "s3://UPPER/x", "s3://me:hunter2@bucket/x", "s3://bucket/../x", "s3://bucket/x?secret=hunter2"]
)
def test_an_address_that_is_none_is_refused_and_not_repeated(
    site: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("BAROMETRE_RAW", address)
    with pytest.raises(SettingsError, match="BAROMETRE_RAW is not the address of a place in a bucket") as told:
        load(str(site))
    assert "hunter2" not in str(told.value)


def in_the_bucket(site: Path) -> None:
    pipeline = site / "pipeline.toml"
    told = pipeline.read_text("utf-8") + '\n[paths]\nraw = "s3://exports/nuit"\nmirror = "s3://tables/barometre"\n'
    pipeline.write_text(told, "utf-8")


def test_a_run_out_of_a_bucket_into_a_bucket_is_the_run_on_folders(
    published: Path, store: Store, capfd: pytest.CaptureFixture[str]
) -> None:
    site, expected = published, tree(published / "published")
    for path in (site / "raw").iterdir():
        Objects.of(place(store, "exports", "nuit")).put(path.name, path.read_bytes())
        path.unlink()
    in_the_bucket(site)
    assert main(["run", "--plain", "--data", str(site)]) == 0
    assert "Nothing changed since run 1" in capfd.readouterr().out, "the same bytes under the same names"
    assert tree(site / "published") == expected
    objects = Objects.of(place(store, "tables", "barometre"))
    name = (objects.content(POINTER) or b"").decode().strip()
    mirrored = {f"runs/000001/{it}": objects.content(f"runs/{name}/{it}") for it in manifest(site)["outputs"]}
    assert {it: (site / "published" / it).read_bytes() for it in mirrored} == mirrored
    options = {"aws_endpoint_url": store.url, "aws_region": "eu-west-3", "aws_allow_http": "true"}
    url = f"s3://tables/barometre/runs/{name}/metrics/metric_value_month.parquet"
    assert pl.scan_parquet(url, storage_options=options).collect().height > 0
    Objects.of(place(store, "exports", "nuit")).store.delete_file("exports/nuit/avis_2026-02.csv")
    assert main(["run", "--plain", "--data", str(site), "--as-of", "2026-04-30"]) == 0
    assert csat(site)["2026-02"] == pytest.approx(200 / 3), "the rows of a vanished object stay"
    told = capfd.readouterr()
    assert "s3://tables/barometre" in told.out
    assert not [path for path in site.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
    assert SECRET not in told.out + told.err


def mirrored(home: Path, where: Bucket) -> tuple[Mirrored, dict[str, Any]]:
    shelf = Shelf(home)
    for run in publish.kept_runs(shelf):
        told = publish.manifest_of(shelf, run)
        assert told is not None
        told |= {"run_key": f"key{run}", "name": "site"}
        (shelf.folder_of(run) / "manifest.json").write_bytes(publish.as_json(told))
    current = publish.current(shelf)
    assert current is not None
    return refresh_mirror(shelf, current, where), current


def generations(objects: Objects) -> list[int] | None:
    """What a reader sees who begins at the pointer."""
    if (name := objects.content(POINTER)) is None:
        return None
    found = [objects.content(f"runs/{name.decode().strip()}/{it}") for it in NAMES]
    return [pl.read_parquet(it)["generation"].item(0) for it in found if it is not None]


def test_unchanged_tables_do_not_travel_and_the_same_again_puts_nothing(store: Store, tmp_path: Path) -> None:
    where, home = place(store, "tables", "a"), tmp_path / "home"
    release(home, 1)
    assert mirrored(home, where)[0].written == sorted(NAMES)
    release(home, 2)
    assert mirrored(home, where)[0].written == ["facts/one.parquet", "metrics/three.parquet"]
    assert generations(Objects.of(where)) == [2, 0, 2]
    store.asked.clear()
    done, _ = mirrored(home, where)
    assert (done.written, done.refused, done.problem) == ([], [], "")
    assert {method for method, _ in store.asked} <= {"GET", "HEAD"}


def test_an_upload_refused_anywhere_leaves_readers_one_whole_run_and_the_next_one_mends_it(
    store: Store, tmp_path: Path
) -> None:
    where, home = place(store, "tables", "b"), tmp_path / "home"
    release(home, 1)
    mirrored(home, where)
    objects = Objects.of(where)
    first = generations(objects)
    release(home, 2)
    for stop_at in range(6):
        writes = iter(range(1000))
        store.refuses = lambda method, _path, stop_at=stop_at, writes=writes: (
            method in {"PUT", "POST"} and next(writes) >= stop_at
        )
        done, _ = mirrored(home, where)
        store.refuses = lambda _method, _path: False
        assert done.refused == [POINTER]
        assert "ACCESS_DENIED" in done.problem
        assert generations(objects) == first
    done, current = mirrored(home, where)
    assert not done.problem
    assert generations(objects) != first
    assert objects.folders("runs")[-1] == name_in_bucket(current)


def test_a_run_that_is_no_longer_kept_here_leaves_the_bucket(store: Store, tmp_path: Path) -> None:
    where, home = place(store, "tables", "c"), tmp_path / "home"
    release(home, 1)
    mirrored(home, where)
    release(home, 2)
    publish.durable.remove(Shelf(home).folder_of(1))
    done, current = mirrored(home, where)
    assert done.removed == ["000001-key1"]
    assert Objects.of(where).folders("runs") == [name_in_bucket(current)]


def test_files_lost_in_the_bucket_are_put_there_again(store: Store, tmp_path: Path) -> None:
    where, home = place(store, "tables", "d"), tmp_path / "home"
    release(home, 1)
    mirrored(home, where)
    objects = Objects.of(where)
    objects.store.delete_file(f"tables/d/runs/000001-key1/{NAMES[0]}")
    done, _ = mirrored(home, where)
    assert NAMES[0] in done.written
    assert not done.problem
    assert generations(objects) is not None


def test_two_sites_do_not_share_a_prefix(store: Store, tmp_path: Path) -> None:
    where, home = place(store, "tables", "e"), tmp_path / "home"
    release(home, 1)
    mirrored(home, where)
    shelf = Shelf(home)
    other = (publish.current(shelf) or {}) | {"run_key": "other", "name": "ailleurs"}
    assert "it holds the tables of 'site'" in refresh_mirror(shelf, other, where).problem
    assert generations(Objects.of(where)) is not None


def test_a_store_that_does_not_answer_leaves_the_run_published_and_is_said(
    published: Path, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    site, pipeline = published, published / "pipeline.toml"
    pipeline.write_text(pipeline.read_text("utf-8") + '\n[paths]\nmirror = "s3://tables/barometre"\n', "utf-8")
    store.refuses = lambda _method, _path: True
    assert main(["run", "--plain", "--data", str(site)]) == 0
    assert "could not be put there" in " ".join(capsys.readouterr().out.split())
    assert manifest(site)["run"] == 1
    store.refuses = lambda _method, _path: False
    assert main(["run", "--plain", "--data", str(site)]) == 0
    assert Objects.of(place(store, "tables", "barometre")).content(POINTER)
