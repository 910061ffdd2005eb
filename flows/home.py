"""Where the project lies, and which folder is the deployment: all that `status` needs to know, and light to import."""

import os
from pathlib import Path

from flows.io.toml import SettingsError

PROJECT = Path(__file__).parents[1]
SAMPLE = PROJECT / "data" / "sample"


def data_folder(wanted: str = "") -> Path:
    """The deployment folder: as asked, as BAROMETRE_DATA says, `data/` of the project, or the shipped sample."""
    if asked := wanted or os.environ.get("BAROMETRE_DATA", ""):
        folder = Path(asked).expanduser().resolve()
        if not (folder / "pipeline.toml").is_file():
            there = ", ".join(sorted(path.name for path in folder.iterdir())) if folder.is_dir() else "no such folder"
            raise SettingsError(
                f"{folder}: not a deployment folder. Looked for pipeline.toml; there is: {there or 'nothing'}. "
                f"Copy {SAMPLE / 'pipeline.toml'} there and name your exports in it."
            )
        return folder
    own = PROJECT / "data"
    return own if (own / "pipeline.toml").is_file() else SAMPLE
