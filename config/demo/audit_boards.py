"""What the clock does each hour in a department, done once over invented reports: the boards begin alive."""

from __future__ import annotations

import django

django.setup()

from django.db import transaction  # noqa: E402  settings must be ready first

from reporting.department_audit.monitoring.watching import watch  # noqa: E402
from reporting.department_audit.peer_learning.drawing import draw_peer_cases  # noqa: E402
from reporting.department_audit.seeding.store import invented_algorithms  # noqa: E402
from reporting.predictions.services import activate_at_set_up  # noqa: E402


def main() -> None:
    """The newest invented algorithm version is the one in use: its thresholds can be moved on the bench."""
    with transaction.atomic():
        activate_at_set_up(invented_algorithms()[-1])
    watch()
    draw_peer_cases(by=None)


if __name__ == "__main__":
    main()
