"""A demonstration that was begun with other weights goes on with the new ones, once they passed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from config.demo.new_weights import activate_new_weights
from reporting.predictions import services
from reporting.predictions.models import Algorithm
from tests.factories import make_algorithm

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_passwords(settings: Any, tmp_path: Path) -> None:
    settings.STATE_DIR = tmp_path


@pytest.mark.parametrize(
    ("passed", "active", "words"), [(True, "2", "Activated by Dr Ana"), (False, "1", "stay active")]
)
def test_new_weights_replace_the_old_ones_only_when_they_pass(passed: bool, active: str, words: str) -> None:
    make_algorithm(version="1")
    make_algorithm(version="2", activate=False)

    def run_cases(algorithm: Algorithm) -> None:
        run = services.claim_case_run(algorithm.case_runs.get().pk, worker="test")
        assert run is not None
        services.finish_case_run(run, set_digest="c" * 64, results={}, passed=passed)

    said: list[str] = []
    activate_new_weights(run_cases, said.append)
    assert Algorithm.objects.active().get().version == active
    assert words in said[-1]
    said.clear()
    if passed:
        activate_new_weights(run_cases, said.append)
        assert said == [], "done again it changes nothing"
