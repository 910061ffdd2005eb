"""The bar on a terminal."""

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text

from flows.tally import Tally

_WIDTH, _NARROW = 20, 8
_WIDE_FROM = 100


class _Words(ProgressColumn):
    """What the tally says, beside the bar."""

    max_refresh = None

    def __init__(self, tally: Tally) -> None:
        super().__init__()
        self._tally = tally

    def render(self, task: Task) -> Text:
        """Where it is, or how it went."""
        told = self._tally.ended if task.finished else self._tally.under_way
        return Text(told(task.elapsed or 0.0), no_wrap=True, overflow="ellipsis")


class Bar:
    """One stage: drawn when it has become long, left standing when it is over."""

    def __init__(self, tally: Tally, console: Console) -> None:
        """Nothing is shown before the first `draw`; the time counts from now."""
        width = _WIDTH if console.width >= _WIDE_FROM else _NARROW
        columns = (TextColumn("{task.description:<18}"), BarColumn(bar_width=width), _Words(tally))
        self._tally, self._progress = tally, Progress(*columns, console=console, redirect_stdout=False)
        self._task = self._progress.add_task(tally.label, total=1.0)
        self._is_drawn = False

    def draw(self) -> None:
        """Bring it up to date; a bar is never full before the end."""
        self._progress.update(self._task, completed=min(self._tally.share, 0.999))
        if not self._is_drawn:
            self._is_drawn = True
            self._progress.start()

    def end(self) -> None:
        """It is over, and went well."""
        self._progress.update(self._task, completed=1.0)

    def close(self) -> None:
        """Leave the terminal as it is."""
        if self._is_drawn:
            self._progress.stop()
