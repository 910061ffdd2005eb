"""The days a site is closed: `reference/holidays.toml` and the public holidays of the country."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

from flows.io.toml import Part, SettingsError
from transforms.site import Site

_YEARS = range(2000, 2041)


class ClosedDays(Mapping[dt.date, str]):
    """The days a site is closed, with their names, worked out when they are first asked for.

    The library that knows public holidays takes as long to load as a night without news takes for the rest of it.
    """

    def __init__(self, find: Callable[[], dict[dt.date, str]]) -> None:
        """What finds them is called once at most."""
        self._find = find

    @cached_property
    def known(self) -> dict[dt.date, str]:
        """The days; an error here is one of the settings."""
        return self._find()

    def __getitem__(self, day: dt.date) -> str:
        """The name of a day on which the site is closed."""
        return self.known[day]

    def __iter__(self) -> Iterator[dt.date]:
        """The days, in order."""
        return iter(self.known)

    def __len__(self) -> int:
        """How many they are."""
        return len(self.known)

    def __reduce__(self) -> tuple[type[dict[dt.date, str]], tuple[dict[dt.date, str]]]:
        """Another process is handed the days, not the way to them."""
        return dict, (self.known,)


def closed_days(file: Part, country: str) -> Mapping[dt.date, str]:
    """Days the site is closed: the country's public holidays, its own, less those it works."""
    file.only("public", "closed", "open")
    told: dict[str, dict[dt.date, str]] = {"closed": {}, "open": {}}
    for kind, days in told.items():
        for part in file.parts(kind):
            part.only("on", "name")
            days[part.need("on", dt.date)] = part.get("name", "Fermeture")
    is_public = file.get("public", default=True)

    def find() -> dict[dt.date, str]:
        days = (_public(file, country) if is_public else {}) | told["closed"]
        return {day: days[day] for day in sorted(days.keys() - told["open"])}

    return ClosedDays(find)


def require_calendar(about: Site) -> None:
    """Stop at a country without a calendar, before any work rests on it."""
    len(about.holidays)


def _public(file: Part, country: str) -> dict[dt.date, str]:
    """Public holidays of the country, in French where the library knows their French names."""
    import holidays  # noqa: PLC0415 -- not needed where a site declares public = false

    try:
        languages = holidays.country_holidays(country).supported_languages
        language = next((known for known in languages if known.startswith("fr")), None)
        found = holidays.country_holidays(country, years=_YEARS, language=language)
    except NotImplementedError:
        hint = 'Give its ISO code ("FR"), or set public = false in holidays.toml and list the days there.'
        raise SettingsError(
            f"{file.path.parent}: no public holidays are known for country {country!r}. {hint}"
        ) from None
    return dict(found.items())
