"""The datasource by which a suite gets a polars frame: `context.data_sources.add_polars("name")`."""

from __future__ import annotations

from typing import Any, ClassVar, List, Literal, Type  # noqa: UP035

from great_expectations.core import IDDict
from great_expectations.core.batch import LegacyBatchDefinition
from great_expectations.core.batch_spec import RuntimeDataBatchSpec
from great_expectations.datasource.fluent import BatchRequest
from great_expectations.datasource.fluent.interfaces import Batch, DataAsset, Datasource
from great_expectations.exceptions import GreatExpectationsError

import expectations.row_rules
import expectations.statistics
from expectations.engine import PolarsExecutionEngine, Staged

METRICS_FROM = (expectations.row_rules, expectations.statistics)
"""Importing them registers the metrics of the engine."""
PARAMETER = "dataframe"
"""The one batch parameter, a `Staged` frame; the library leaves what has this name out of the results it writes."""


class StagedAsset(DataAsset):  # type: ignore[misc]
    """A frame handed over when the suite is asked."""

    type: Literal["staged"] = "staged"

    def test_connection(self) -> None:
        """There is nothing to connect to."""

    def get_batch_parameters_keys(self, partitioner: None = None) -> tuple[str, ...]:  # noqa: ARG002
        """The one parameter."""
        return (PARAMETER,)

    def get_batch_identifiers_list(self, batch_request: BatchRequest) -> list[IDDict]:
        """The one batch."""
        return [IDDict(batch_request.options)]

    def build_batch_request(
        self,
        options: dict[str, Any] | None = None,
        batch_slice: None = None,  # noqa: ARG002
        partitioner: None = None,  # noqa: ARG002
    ) -> BatchRequest:
        """A request for the frame in `options`."""
        return BatchRequest(datasource_name=self.datasource.name, data_asset_name=self.name, options=options or {})

    def _validate_batch_request(self, batch_request: BatchRequest) -> None:
        given = batch_request.options.get(PARAMETER)
        if not isinstance(given, Staged):
            raise GreatExpectationsError(f"batch_parameters must be {{{PARAMETER!r}: Staged(frame)}}, not {given!r}")

    def get_batch(self, batch_request: BatchRequest) -> Batch:
        """The frame, as a batch."""
        self._validate_batch_request(batch_request)
        spec = RuntimeDataBatchSpec(batch_data=batch_request.options[PARAMETER])
        data, markers = self.datasource.get_execution_engine().get_batch_data_and_markers(spec)
        # What a batch is known by is written into the results; the frame must not be.
        known_by = LegacyBatchDefinition(
            datasource_name=self.datasource.name,
            data_connector_name="fluent",
            data_asset_name=self.name,
            batch_identifiers=IDDict({PARAMETER: "polars"}),
        )
        return Batch(
            datasource=self.datasource,
            data_asset=self,
            batch_request=batch_request,
            data=data,
            batch_markers=markers,
            batch_spec=spec,
            batch_definition=known_by,
            metadata=self._get_batch_metadata_from_batch_request(batch_request, ignore_options=(PARAMETER,)),
        )


class PolarsDatasource(Datasource):  # type: ignore[misc]
    """Validates polars frames without leaving polars."""

    # Pydantic 1 reads these annotations, and only in their old spelling.
    asset_types: ClassVar[List[Type[DataAsset]]] = [StagedAsset]  # noqa: UP006
    type: Literal["polars"] = "polars"
    assets: List[StagedAsset] = []  # noqa: UP006, RUF012

    @property
    def execution_engine_type(self) -> Type[PolarsExecutionEngine]:  # noqa: UP006
        """The engine of ours."""
        return PolarsExecutionEngine

    def test_connection(self, test_assets: bool = True) -> None:  # noqa: FBT001, FBT002
        """There is nothing to connect to; the signature is the library's."""
