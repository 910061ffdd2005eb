"""Where the raw exports come from and where a second copy of the tables goes: a folder, or a bucket (S3 API).

A place in a bucket is written `s3://bucket/prefix`. Who may read and write there is for the environment to say
(AWS_ACCESS_KEY_ID and its like): a settings file never holds a secret, so an address with one in it is refused.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from flows.io.toml import Part

SCHEME = "s3://"
LANDING = "landing"
_ADDRESS = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(?P<prefix>[^?#@]*))?")


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """A prefix in a bucket."""

    bucket: str
    prefix: str = ""
    """Without slashes around it; empty for the whole bucket."""
    endpoint: str = ""
    """Of a store other than Amazon's: AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL."""
    region: str = ""

    @property
    def root(self) -> str:
        """What all names below begin with, the slash left out."""
        return f"{self.bucket}/{self.prefix}".rstrip("/")

    def __str__(self) -> str:
        """As it is written in the settings."""
        return f"{SCHEME}{self.root}"


def raw_place(home: Path, paths: Part) -> tuple[Path, Bucket | None]:
    """The raw folder: of BAROMETRE_RAW, of the settings, or `raw/`; and the bucket that it is a copy of, if any."""
    asked = os.environ.get("BAROMETRE_RAW", "")
    told = asked or paths.get("raw", "raw")
    if told.startswith(SCHEME):
        return home / LANDING, _bucket(told, paths, "BAROMETRE_RAW" if asked else "raw")
    folder = Path(told).expanduser().resolve() if asked else (home / Path(told).expanduser()).resolve()
    if not folder.is_dir():
        raise paths.error(
            f"the raw folder {folder} is not there",
            "Make it, or name another as [paths] raw, or as s3://bucket/prefix.",
        )
    return folder, None


def mirror_place(home: Path, paths: Part) -> Path | Bucket | None:
    """Where the second copy of the tables goes; None where there is none."""
    if not (told := paths.get("mirror", "")):
        return None
    return _bucket(told, paths, "mirror") if told.startswith(SCHEME) else (home / Path(told).expanduser()).resolve()


def _bucket(told: str, paths: Part, key: str) -> Bucket:
    found = _ADDRESS.fullmatch(told)
    parts = (found["prefix"] or "").strip("/").split("/") if found else []
    if found is None or any(part in {".", ".."} for part in parts) or "" in parts[1:]:
        # The address itself is not repeated: somebody may have put a secret into it.
        raise paths.error(
            f"{key} is not the address of a place in a bucket",
            "Write s3://bucket/prefix, and give the right to read it in the environment (AWS_ACCESS_KEY_ID, "
            "AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL for a store other than Amazon's), never in the address.",
        )
    return Bucket(
        bucket=found["bucket"],
        prefix="/".join(parts),
        endpoint=os.environ.get("AWS_ENDPOINT_URL_S3", "") or os.environ.get("AWS_ENDPOINT_URL", ""),
        region=os.environ.get("AWS_REGION", "") or os.environ.get("AWS_DEFAULT_REGION", ""),
    )
