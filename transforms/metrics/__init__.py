"""The metrics, in the order in which a reader meets them."""

from __future__ import annotations

from transforms.metrics.contact_resolution import CONTACT_RESOLUTION
from transforms.metrics.cost import COST
from transforms.metrics.metric import Metric, registry
from transforms.metrics.phone import PHONE
from transforms.metrics.resolution import RESOLUTION
from transforms.metrics.response import RESPONSE
from transforms.metrics.satisfaction import SATISFACTION
from transforms.metrics.staffing import STAFFING
from transforms.metrics.volume import VOLUME

METRICS: dict[str, Metric] = registry(
    SATISFACTION, RESPONSE, RESOLUTION, CONTACT_RESOLUTION, VOLUME, PHONE, COST, STAFFING
)
