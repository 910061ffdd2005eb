"""The kinds of expectations a contract is written in: the library's own, and two of ours, by the names of the house."""

from __future__ import annotations

from typing import Any, ClassVar

import great_expectations.expectations as gxe
from great_expectations.compatibility import pydantic
from great_expectations.expectations.expectation import BatchExpectation, MulticolumnMapExpectation
from great_expectations.validator.validator import ValidationDependencies

_WORKED_OUT: dict[tuple[str, ...], ValidationDependencies] = {}
_HELD: dict[int, Any] = {}
"""By the identity of an expectation, its configuration, as long as the library looks things up in it.

Two threads may ask one expectation: it says the same to both, and whoever finds nothing here makes it once more.
"""


class Settled:
    """An expectation of which is worked out once which metrics it asks for: the same for every frame of a table.

    The library works that out twice for each frame, and each time makes its configuration some fifty times anew.
    """

    @property
    def configuration(self) -> Any:  # noqa: ANN401
        """What is asked, as the library stores it."""
        return _HELD.get(id(self)) or super().configuration  # type: ignore[misc]

    def get_validation_dependencies(
        self, execution_engine: object = None, runtime_configuration: dict[str, Any] | None = None
    ) -> ValidationDependencies:
        """The metrics this expectation asks for, of the batch that its configuration names."""
        asked = self.configuration
        key = (asked.type, repr(asked.kwargs), repr(runtime_configuration))
        if key not in _WORKED_OUT:
            _WORKED_OUT[key] = super().get_validation_dependencies(execution_engine, runtime_configuration)  # type: ignore[misc]
        known = _WORKED_OUT[key]
        return ValidationDependencies(dict(known.metric_configurations), dict(known.result_format))

    def _get_runtime_kwargs(self, runtime_configuration: dict[str, Any] | None = None) -> dict[str, Any]:
        """The library's, from one configuration: it would make one for each key that it looks up."""
        _HELD[id(self)] = self.configuration
        try:
            return super()._get_runtime_kwargs(runtime_configuration)  # type: ignore[misc,no-any-return]
        finally:
            _HELD.pop(id(self), None)


class ExpectColumnsToBeThere(Settled, gxe.ExpectTableColumnsToMatchSet):  # type: ignore[misc]
    """The columns of the contract are there."""


class ExpectColumnToBeFilled(Settled, gxe.ExpectColumnValuesToNotBeNull):  # type: ignore[misc]
    """A column is never null."""


class ExpectColumnToBeOneOf(Settled, gxe.ExpectColumnValuesToBeInSet):  # type: ignore[misc]
    """A value is one of a set."""


class ExpectColumnToBeLike(Settled, gxe.ExpectColumnValuesToMatchRegex):  # type: ignore[misc]
    """A text is like a pattern."""


class ExpectColumnToLieWithin(Settled, gxe.ExpectColumnValuesToBeBetween):  # type: ignore[misc]
    """A value lies between bounds."""


class ExpectColumnToFollow(Settled, gxe.ExpectColumnPairValuesAToBeGreaterThanB):  # type: ignore[misc]
    """An instant is not before another of its row."""


class ExpectKeyToBeUnique(Settled, gxe.ExpectColumnValuesToBeUnique):  # type: ignore[misc]
    """No two rows have one key."""


class ExpectCompoundKeyToBeUnique(Settled, gxe.ExpectCompoundColumnsToBeUnique):  # type: ignore[misc]
    """No two rows have one key of several columns."""


class ExpectRuleToHold(Settled, MulticolumnMapExpectation):  # type: ignore[misc]
    """Rows satisfy a condition of the contract, looked up by its name in the staged batch."""

    rule: str
    ignore_row_if: str = "never"
    map_metric: ClassVar[str] = "rows.rule"
    success_keys: ClassVar[tuple[str, ...]] = ("rule", "mostly")

    @pydantic.validator("column_list")  # type: ignore[untyped-decorator]
    def _validate_column_list(cls, columns: list[str]) -> list[str]:  # noqa: N805
        """Let a rule be about one column: the library's own validator, which this replaces, wants two."""
        return columns


class ExpectColumnTypes(Settled, BatchExpectation):  # type: ignore[misc]
    """Columns have the types of the contract; a column that is absent is another expectation's business."""

    types: dict[str, str]
    metric_dependencies: ClassVar[tuple[str, ...]] = ("table.column_types",)
    success_keys: ClassVar[tuple[str, ...]] = ("types",)

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: object = None,  # noqa: ARG002
        execution_engine: object = None,  # noqa: ARG002
    ) -> dict[str, Any]:
        found = {column["name"]: column["type"] for column in metrics["table.column_types"]}
        wrong = [f"{n} is {found[n]}, not {want}" for n, want in self.types.items() if found.get(n, want) != want]
        return {"success": not wrong, "result": {"observed_value": "; ".join(wrong) or "as declared"}}
