"""The metrics, in the order in which a reader meets them."""

from __future__ import annotations

from transforms.metrics.carts import CARTS
from transforms.metrics.contact_resolution import CONTACT_RESOLUTION
from transforms.metrics.cost import COST
from transforms.metrics.customers import CUSTOMERS
from transforms.metrics.employees import EMPLOYEES
from transforms.metrics.metric import Metric, registry
from transforms.metrics.phone import PHONE
from transforms.metrics.quality import QUALITY
from transforms.metrics.resolution import RESOLUTION
from transforms.metrics.response import RESPONSE
from transforms.metrics.revenue import REVENUE
from transforms.metrics.satisfaction import SATISFACTION
from transforms.metrics.self_service import SELF_SERVICE
from transforms.metrics.sla import SLA
from transforms.metrics.staffing import STAFFING
from transforms.metrics.volume import VOLUME

METRICS: dict[str, Metric] = registry(
    SATISFACTION,
    QUALITY,
    RESPONSE,
    RESOLUTION,
    CONTACT_RESOLUTION,
    VOLUME,
    SLA,
    PHONE,
    SELF_SERVICE,
    COST,
    STAFFING,
    EMPLOYEES,
    REVENUE,
    CUSTOMERS,
    CARTS,
)
