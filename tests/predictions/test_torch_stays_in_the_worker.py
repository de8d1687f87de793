"""The web process loads every page and every light task without torch."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.paths import REPOSITORY

HEAVY = {"torch", "monai", "SimpleITK"}
LOAD_ALL = """
import sys
import config.wsgi
import reporting.tasks
from django.urls import get_resolver

def walk(resolver):
    for pattern in resolver.url_patterns:
        walk(pattern) if hasattr(pattern, "url_patterns") else pattern.callback

walk(get_resolver())
print(*sys.modules)
"""


def _loaded_by(script: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return set(done.stdout.split())


@pytest.mark.process
def test_the_web_process_loads_every_view_and_task_without_torch() -> None:
    loaded = _loaded_by(LOAD_ALL)
    assert {"reporting.predictions.services", "reporting.reports.urls", "reporting.tasks"} <= loaded
    assert not HEAVY & loaded
