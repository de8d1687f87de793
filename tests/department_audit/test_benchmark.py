"""The audit's benchmark opens what there is, and notices summaries that are wrong."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from benchmarks import audit, audit_pages, audit_upkeep
from reporting.department_audit.models import PeerDraw
from reporting.department_audit.monitoring.watching import watched
from reporting.department_audit.summary_models import SummaryCell


@pytest.mark.django_db
def test_every_page_and_board_is_opened_and_the_upkeep_is_done_once() -> None:
    call_command("seed_reports", "40", "--until", "2026-10", verbosity=0)
    took = audit_upkeep.seconds()
    assert all(one["work_s"] > 0 for one in took.values())
    assert watched()
    assert PeerDraw.objects.count() == 1
    for page in (*audit_pages.PAGES, *audit_pages.BOARDS):
        ((waited, worked),) = audit_pages.times_ms(page, 1)
        assert waited > 0, page
        assert worked > 0, page
    SummaryCell.objects.filter(kind="confusion").delete()
    with pytest.raises(ValueError, match="summaries differ"):
        audit_upkeep.seconds()


def test_a_tenfold_step_is_told_as_such_whatever_sizes_were_measured() -> None:
    assert audit.growth(100, 150, 10_000, 100_000) == pytest.approx(1.5)
    assert audit.growth(100, 225, 1_000, 100_000) == pytest.approx(1.5)
