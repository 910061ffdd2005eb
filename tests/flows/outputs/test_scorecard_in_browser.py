"""The page in headless Chromium: nothing is fetched, nothing overflows, axe-core finds nothing.

Skipped without Chromium (or axe-core); with BAROMETRE_BROWSER=required their absence is a failure.
BAROMETRE_AXE is the path of axe.min.js.
"""

import html
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from flows.outputs.scorecard import write_scorecard

pytestmark = pytest.mark.slow

QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--host-resolver-rules=MAP * ~NOTFOUND"),
    *("--allow-file-access-from-files", "--virtual-time-budget=20000", "--window-size=1280,2200"),
)
FETCHED = "answer(performance.getEntriesByType('resource').map(entry => entry.name))"
OVERFLOW = """
const found = {}; const widths = [400, 800, 1280]; let left = widths.length;
for (const width of widths) {
  const frame = document.createElement('iframe');
  frame.style.cssText = `width: ${width}px; height: 2000px; border: 0`;
  frame.onload = () => {
    found[width] = frame.contentDocument.documentElement.scrollWidth;
    if (--left === 0) answer(found);
  };
  frame.src = 'scorecard.html';
  document.body.append(frame);
}
"""
AXE = "axe.run(document).then(r => answer(r.violations.map(v => [v.id, v.nodes.map(n => n.html)])))"


def absent(what: str) -> None:
    if os.environ.get("BAROMETRE_BROWSER") == "required":
        pytest.fail(f"{what} is not here, and BAROMETRE_BROWSER says it must be")
    pytest.skip(f"{what} is not here")


@pytest.fixture(scope="module")
def chromium() -> str:
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        absent("Chromium")
    return str(found)


def asked(chromium: str, folder: Path, page: str, script: str, *, library: str = "") -> Any:
    """What a script answers inside a copy of the page."""
    answer = "function answer(x) { document.body.innerHTML = '<pre id=answer></pre>'; answer.at = document.getElementById('answer'); answer.at.textContent = JSON.stringify(x) }"
    scripts = f"{library}<script>{answer} addEventListener('load', () => {{ {script} }})</script>"
    copy = folder / "asked.html"
    copy.write_text(page.replace("</body>", f"{scripts}</body>"), encoding="utf-8")
    done = subprocess.run(
        [chromium, *QUIET, f"--user-data-dir={folder / 'profile'}", "--dump-dom", copy.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    found = re.search(r'<pre id="answer">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stderr[-2000:]
    return json.loads(html.unescape(found[1]))


@pytest.fixture(params=["fr", "en"])
def page(request: pytest.FixtureRequest, run_folder: Path, tmp_path: Path) -> str:
    write_scorecard(run_folder, tmp_path / "scorecard.html", language=request.param)
    return (tmp_path / "scorecard.html").read_text(encoding="utf-8")


def test_nothing_is_fetched(chromium: str, page: str, tmp_path: Path) -> None:
    assert asked(chromium, tmp_path, page, FETCHED) == []


def test_nothing_overflows_on_a_telephone_a_tablet_and_a_desk(chromium: str, page: str, tmp_path: Path) -> None:
    widths = asked(chromium, tmp_path, "<body></body>", OVERFLOW)
    assert sorted(map(int, widths)) == [400, 800, 1280]
    assert all(wide <= int(width) for width, wide in widths.items()), widths


def test_axe_core_finds_nothing(chromium: str, page: str, tmp_path: Path) -> None:
    axe = os.environ.get("BAROMETRE_AXE", "")
    if not Path(axe).is_file():
        absent("axe-core (BAROMETRE_AXE)")
    assert asked(chromium, tmp_path, page, AXE, library=f'<script src="{Path(axe).resolve().as_uri()}"></script>') == []


def test_it_prints_on_a_few_pages(chromium: str, page: str, tmp_path: Path) -> None:
    pdf = tmp_path / "scorecard.pdf"
    subprocess.run(
        [
            chromium,
            *QUIET,
            f"--user-data-dir={tmp_path / 'profile'}",
            "--no-pdf-header-footer",
            f"--print-to-pdf={pdf}",
            (tmp_path / "scorecard.html").as_uri(),
        ],
        capture_output=True,
        timeout=120,
        check=True,
    )
    pages = len(re.findall(rb"/Type\s*/Page\b", pdf.read_bytes()))
    assert 1 <= pages <= 6
