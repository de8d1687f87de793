"""How much came in and went out on each day, as tables and drawings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import plotly.graph_objects as go
from django.db.models import Count, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext as _

from reporting.charts.chart import Chart, MethodNote
from reporting.charts.drawing import axis, escaped, layout, said
from reporting.charts.tables import Column, Kind, Row, Table
from reporting.orders.models import InboundMessage, Outcome
from reporting.outbound.models import Delivery, DeliveryStatus, Destination
from reporting.studies.models import SopInstance

DAYS = (7, 30, 90)
_INKS = ("accent", "machine", "ok", "level", "warn", "muted")
_PATTERNS = ("", "/", ".", "x", "-", "+")
_HEIGHT = 300


def throughput(days: int) -> list[Chart]:
    """Sent, by destination; received, as messages and as images."""
    last = timezone.localdate()
    period = [last - timedelta(days=back) for back in reversed(range(days))]
    destinations = list(Destination.objects.all())
    sent = Delivery.objects.filter(status=DeliveryStatus.SENT, sent_at__date__gte=period[0])
    by_place = {place.pk: _by_day(sent.filter(destination=place), "sent_at") for place in destinations}
    messages = InboundMessage.objects.filter(outcome=Outcome.TAKEN, created_at__date__gte=period[0])
    images = SopInstance.objects.filter(created_at__date__gte=period[0])
    return [
        _chart(
            "sent",
            _("Sent on each day"),
            _("deliveries that a receiver took, by destination"),
            period,
            [(place.name, by_place[place.pk]) for place in destinations],
        ),
        _chart(
            "messages",
            _("Messages received on each day"),
            _("HL7 v2 messages that were taken"),
            period,
            [(_("Messages"), _by_day(messages, "created_at"))],
        ),
        _chart(
            "images",
            _("Images received on each day"),
            _("DICOM objects that were stored, however they came"),
            period,
            [(_("Images"), _by_day(images, "created_at"))],
        ),
    ]


def _by_day(rows: QuerySet, moment: str) -> dict[date, int]:  # type: ignore[type-arg]
    counted = rows.annotate(day=TruncDate(moment)).order_by("day").values("day").annotate(number=Count("pk"))
    return {row["day"]: row["number"] for row in counted}


def _chart(
    key: str, title: str, what: str, period: Sequence[date], parts: Sequence[tuple[str, dict[date, int]]]
) -> Chart:
    names = [name for name, _counts in parts]
    columns = [Column("day", _("Day")), *(Column(f"n{n}", name, Kind.COUNT) for n, name in enumerate(names))]
    rows = [Row((day.isoformat(), *(counts.get(day, 0) for _name, counts in parts))) for day in period]
    table = Table(tuple(columns), tuple(reversed(rows)))
    note = MethodNote(what, _("one delivery, message or object"), "", "", _("rows of the database, at this moment"))
    any_there = any(counts for _name, counts in parts)
    figure = _bars(period, parts) if any_there else None
    return Chart(key, title, table, note, figure, empty="" if names else _("No destination was added yet."))


def _bars(period: Sequence[date], parts: Sequence[tuple[str, dict[date, int]]]) -> go.Figure:
    traces = []
    days = [day.isoformat() for day in period]
    for number, (name, counts) in enumerate(parts):
        values = [counts.get(day, 0) for day in period]
        texts = [f"{day}, {name}: {value:,}" for day, value in zip(days, values, strict=True)]
        traces.append(
            go.Bar(
                x=days,
                y=values,
                name=escaped([name])[0],
                meta={"ink": _INKS[number % len(_INKS)]},
                marker={"pattern": {"shape": _PATTERNS[number % len(_PATTERNS)], "solidity": 0.35}},
                textposition="none",
                **said(texts, [""] * len(days)),
            )
        )
    return go.Figure(
        traces,
        layout(
            _HEIGHT,
            barmode="stack",
            xaxis=axis("", type="date"),
            yaxis=axis("", rangemode="tozero", tickformat=",d", **_whole_ticks(parts)),
            showlegend=len(parts) > 1,
        ),
    )


def _whole_ticks(parts: Sequence[tuple[str, dict[date, int]]]) -> dict[str, Any]:
    """Of small counts: else 0.5 would stand there as 1."""
    most = sum(max(counts.values(), default=0) for _name, counts in parts)
    return {"dtick": 1} if most < 6 else {}
