"""The audit's pages as an auditor opens them, each time with another filter: any combination of what can be chosen.

The boards (thresholds, monitoring, peer learning) take no filter. Django must be set up.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from functools import cache
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Count
from django.test import Client

from benchmarks.spent import spent_ms
from reporting.accounts.models import Role, User
from reporting.department_audit import figures
from reporting.department_audit.filters import READ_DIMENSIONS, Dimension, Filter
from reporting.department_audit.models import SignedRead
from reporting.department_audit.monitoring.watching import watched
from reporting.department_audit.seeding.store import invented_algorithms
from reporting.department_audit.words import Truth
from reporting.vocabulary import MODELLED_DISCS, MachineFinding

FINDINGS = [finding.value for finding in MachineFinding]
GROUPS = [each.value for each in Dimension if each is not Dimension.FINDING]


@cache
def algorithm() -> uuid.UUID:
    """The version that most reports were made with."""
    used = SignedRead.objects.filter(standing="current").values_list("algorithm_version")
    version, _reads = used.annotate(n=Count("pk")).order_by("-n")[0]
    return next(one.pk for one in invented_algorithms() if one.version == version)


PAGES: dict[str, Callable[[random.Random], str]] = {
    "overview": lambda draw: "/audit/",
    "one finding": lambda draw: f"/audit/findings/{draw.choice(FINDINGS)}/",
    "by group": lambda draw: f"/audit/groups/{draw.choice(GROUPS)}/",
    "reports and times": lambda draw: "/audit/process/",
    "readers and machine": lambda draw: "/audit/readers/",
    "cases": lambda draw: "/audit/cases/",
    "cases of a cell": lambda draw: "/audit/cases/",
}
BOARDS: dict[str, Callable[[random.Random], str]] = {
    "threshold bench": lambda draw: f"/audit/thresholds/{algorithm()}/{draw.choice(FINDINGS)}/?{_bench(draw)}",
    "thresholds": lambda draw: "/audit/thresholds/",
    "monitoring": lambda draw: "/audit/monitoring/",
    "one line of it": lambda draw: f"/audit/monitoring/line/?{urlencode(draw.choice(watched()).as_filter())}",
    "peer learning": lambda draw: "/audit/peer-learning/",
}
CELLS = ("tp", "fp", "fn", "tn")
SHARE = 0.3
"""How often each of a read's seven dimensions is chosen."""


def times_ms(page: str, visits: int) -> list[tuple[float, float]]:
    """Milliseconds from the request to the whole answer, without the browser, and of work. Always the same filters."""
    draw = random.Random(page)  # noqa: S311  not a secret
    client, offered = _auditor(), figures.offered()
    times = []
    for visit in range(visits + 1):
        whole = BOARDS[page](draw) if page in BOARDS else _filtered(page, draw, offered)
        took = spent_ms(lambda: _open(client, whole))  # noqa: B023  called at once
        if visit:  # the first one loads templates and words
            times.append(took)
    return times


def _filtered(page: str, draw: random.Random, offered: dict[str, list[str]]) -> str:
    address = PAGES[page](draw)
    query = Filter.from_query(_filter(draw, offered, of_place="findings" not in address)).query()
    if page == "cases of a cell":
        query["cell"] = draw.choice(CELLS)
        query.setdefault("finding", draw.choice(FINDINGS))
    return f"{address}?{urlencode(query)}" if query else address


def _bench(draw: random.Random) -> str:
    truth = draw.choice([Truth.FINAL.value, Truth.BLIND.value])
    return urlencode({"truth": truth, "threshold": round(draw.uniform(0.1, 0.9), 2)})


def _open(client: Client, address: str) -> None:
    answer = client.get(address)
    if answer.status_code != 200:
        raise ValueError(f"{address} answers {answer.status_code}")


def _filter(draw: random.Random, offered: dict[str, list[str]], *, of_place: bool) -> dict[str, str]:
    query = {d.value: draw.choice(offered[d.value]) for d in READ_DIMENSIONS if draw.random() < SHARE}
    months = offered[Dimension.MONTH.value]
    if draw.random() < SHARE:
        query["month_from"] = draw.choice(months)
    if draw.random() < SHARE:
        query["month_to"] = max(draw.choice(months), query.get("month_from", months[0]))
    if of_place and draw.random() < SHARE:
        query["finding"] = draw.choice(FINDINGS)
    if draw.random() < SHARE:
        query["level"] = draw.choice([disc.value for disc in MODELLED_DISCS])
    return query


def _auditor() -> Client:
    user, _is_new = User.objects.get_or_create(
        username="bench-auditor",
        defaults={"full_name": "Bench", "role": Role.AUDITOR.value, "section": settings.DEPARTMENT_SECTION},
    )
    client = Client(SERVER_NAME="localhost", raise_request_exception=True)
    client.force_login(user)
    return client
