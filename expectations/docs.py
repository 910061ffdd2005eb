"""Data Docs that open without a network: the library's own content, in a page of ours.

The library's page loads its style and scripts from ten servers and is blank without them. Here its renderer makes
the content, and the frame around it is one small template with its style inside and no script.
"""

from __future__ import annotations

import copy
import functools
import html
import re
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from great_expectations.render.renderer import ValidationResultsPageRenderer
from great_expectations.render.view import DefaultJinjaPageView
from jinja2 import Template as JinjaTemplate

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --good: #1a7f4b; --bad: #c0392b; --warn: #b7791f; }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; margin: 0; } h5, h6 { font-size: 1rem; margin: 1.4rem 0 .3rem; }
table { border-collapse: collapse; width: 100%; margin: .3rem 0 .8rem; }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .6rem; text-align: left; vertical-align: top; }
th { font-weight: 600; font-size: .85rem; opacity: .75; }
.ge-section td:first-child { width: 4rem; } .ge-section td:last-child { width: 18rem; }
i { font-style: normal; } p, .show-scrollbars, pre { margin: 0; }
.fa-check-circle::before { content: "✓"; color: var(--good); }
.fa-times::before { content: "✗"; color: var(--bad); }
.fa-exclamation-triangle::before { content: "! error"; color: var(--warn); }
.severity { border: 1px solid; border-radius: .3rem; padding: 0 .35rem; font-size: .8rem; white-space: nowrap; }
.critical, .held { color: var(--bad); } .warning { color: var(--warn); } .good { color: var(--good); }
.cooltip > span, #section-1-content-block-1-subheader, [data-toggle="collapse"] { display: none; }
.broken { border-left: .25rem solid var(--bad); margin: 1rem 0; } .broken :last-child { text-align: right; }
a { color: inherit; }
"""

_FRAME = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="summary" content="{{ summary | e }}">
<title>{{ title | e }}</title><style>{{ style | safe }}</style></head>
<body>
{% if up %}<p><a href="{{ up }}">All validations</a></p>{% endif %}
<h1>{{ title | e }}</h1><p class="{{ tone }}">{{ summary | e }}</p>
"""
_PAGE = (
    _FRAME + """{% if broken %}<table class="broken"><thead><tr><th>Broken</th><th>Rows</th></tr></thead><tbody>
{% for code, rows in broken.items() %}<tr><td>{{ code | e }}</td><td>{{ rows }}</td></tr>
{% endfor %}</tbody></table>{% endif %}"""
    "{% for section in sections %}{% set section_loop = loop %}{% include 'section.j2' %}{% endfor %}</body></html>\n"
)
_INDEX = _FRAME + (
    "<table><thead><tr><th>Run</th><th>Table</th><th>Verdict</th></tr></thead><tbody>"
    '{% for run, table, path, said, tone in pages %}<tr><td>{{ run | e }}</td><td><a href="{{ path }}">{{ table | e }}'
    '</a></td><td class="{{ tone }}">{{ said | e }}</td></tr>\n{% endfor %}</tbody></table></body></html>\n'
)
_SUMMARY = re.compile(r'<meta name="summary" content="([^"]*)">')
_SEVERITY = re.compile(r"^\[((critical|warning)[^\]]*)\]")
_HELD = "held back"


class _OfflinePage(DefaultJinjaPageView):  # type: ignore[misc]
    """The library's view, which renders the sections, with the page around them replaced."""

    def _get_template(self, template_str: str) -> Any:  # noqa: ANN401
        return self._frame if template_str == self._template else super()._get_template(template_str)

    @functools.cached_property
    def _frame(self) -> Any:  # noqa: ANN401
        return self.env.from_string(_PAGE)


@functools.cache
def _view() -> _OfflinePage:
    """One view for all pages: it keeps the templates it has compiled."""
    view = _OfflinePage()
    view.env.auto_reload = False  # they do not change while a run looks at them
    return view


def write_page(
    result: Any,  # noqa: ANN401
    folder: Path,
    *,
    run_name: str,
    table: str,
    summary: str,
    counts: Mapping[str, int],
) -> Path:
    """The page of one validation, at `folder`/`run_name`/`table`.html; the index is brought up to date."""
    document = ValidationResultsPageRenderer(run_info_at_end=True).render(_shown(result))
    page = _view().render(
        document,
        title=f"{table}: {run_name}",
        summary=summary,
        broken={code: f"{rows:,}" for code, rows in counts.items() if rows},
        tone=_tone(summary),
        style=_STYLE,
        up="../index.html",
    )
    path = folder / run_name / f"{table}.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    _replace(path, page)
    _write_index(folder)
    return path


def summary_of(*, rows: int, blocked_by: tuple[str, ...], warnings: tuple[str, ...]) -> str:
    """One line that says what became of the frame."""
    outcome = f"{_HELD} by {'; '.join(blocked_by)}" if blocked_by else "good"
    noted = f", {len(warnings)} warnings" if warnings else ""
    return f"{rows:,} rows, {outcome}{noted}"


def _write_index(folder: Path) -> None:
    pages = []
    for path in sorted(folder.glob("*/*.html"), reverse=True):
        said = _said(path, path.stat().st_mtime_ns)
        pages.append((path.parent.name, path.stem, path.relative_to(folder).as_posix(), said, _tone(said)))
    known = {"title": "Validations", "summary": f"{len(pages)} pages", "tone": "", "style": _STYLE, "up": ""}
    _replace(folder / "index.html", _index().render(pages=pages, **known))


@functools.cache
def _index() -> JinjaTemplate:
    compiled: JinjaTemplate = JinjaTemplate(_INDEX)
    return compiled


@functools.cache
def _said(path: Path, _written_ns: int) -> str:
    """The summary of a page, which stands at its head, before its style; read once after the page was written."""
    with path.open(encoding="utf-8") as page:
        found = _SUMMARY.search(page.read(4_000))
    return html.unescape(found[1]) if found else ""


def _shown(result: Any) -> Any:  # noqa: ANN401
    """A copy for people: descriptions as HTML with the severity, which the view does not show, and short values."""
    shown = copy.deepcopy(result)
    for one in shown.results:
        if isinstance(seen := one.result.get("observed_value"), list):
            one.result["observed_value"] = f"{len(seen)} columns"
        one.expectation_config.description = _badge(html.escape(one.expectation_config.description))
    return shown


def _badge(description: str) -> str:
    # The view would take a dollar for the start of a parameter.
    return _SEVERITY.sub(r'<span class="severity \2">\1</span>', description.replace("$", "&#36;"))


def _tone(summary: str) -> str:
    return "held" if _HELD in summary else "good"


def _replace(path: Path, text: str) -> None:
    """Write whole or not at all: validations of one run write the index side by side."""
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
