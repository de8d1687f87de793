"""Plug-ins from the command line to a stored prediction: a site's own callable, and a bundle under our name."""

from __future__ import annotations

import io
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from inference import algorithm_store, frozen_cases, tasks, weights
from inference.bundles.export import export_bundle
from reporting.audit_trail.models import AuditEvent
from reporting.predictions import services
from reporting.predictions.job_run import run_job
from reporting.predictions.models import Algorithm, AlgorithmKind, InferenceJob, Prediction
from tests.factories import make_algorithm, make_study

pytestmark = pytest.mark.django_db
SOURCE = """
def reading(paths):
    return [("herniation", "C5/6", None, 0.9, 4.0, None), ("slip", "C4", None, 0.2, None, None)]
reading.version = "1.4"
reading.thresholds = {"herniation": 0.7}
"""


@pytest.fixture(autouse=True)
def _own_store(settings: Any, tmp_path: Path) -> None:
    settings.ALGORITHM_DIR = tmp_path / "algorithms"
    tasks._open.cache_clear()


@pytest.fixture
def module(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "site_plug_in.py"
    path.write_text(SOURCE)
    monkeypatch.syspath_prepend(str(tmp_path))
    settings.ALGORITHM_CALLABLES = ["spine-net=site_plug_in:reading"]
    return path


def call(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def run(algorithm: Algorithm) -> InferenceJob:
    """A job of this algorithm, done as a worker does it."""
    job = services.request_inference(make_study(), algorithm, by=None)
    run_job(job.pk, analyse=partial(tasks.analyse, algorithm), worker="test", device="cpu")
    job.refresh_from_db()
    return job


def registered_callable() -> Algorithm:
    call("register_algorithm", "--callable", "spine-net")
    return Algorithm.objects.get(name="spine-net")


def test_a_callable_is_registered_with_its_digest_and_thresholds_and_is_not_active(module: Path) -> None:
    algorithm = registered_callable()
    assert (algorithm.version, algorithm.kind, algorithm.status) == ("1.4", AlgorithmKind.CALLABLE, "registered")
    assert algorithm.thresholds == {"herniation": 0.7}
    assert not algorithm.fills_reports
    assert "not for clinical use" in algorithm.applicability
    with pytest.raises(CommandError, match="names an algorithm 'other'"):
        call("register_algorithm", "--callable", "other")


def test_what_a_callable_says_is_stored_under_its_name(module: Path) -> None:
    job = run(registered_callable())
    assert job.status == "succeeded", job.failure_message
    said = {(p.finding, p.level): (p.probability, p.threshold, p.positive, p.mm) for p in job.predictions.all()}
    assert said == {("herniation", "C5/6"): (0.9, 0.7, True, 4.0), ("slip", "C4"): (0.2, 0.5, False, None)}


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("1 / 0", "algorithm_crashed"),
        ("__import__('os')._exit(1)", "algorithm_crashed"),
        ("[('fracture', 'C5/6', None, 0.9, None, None)]", "unknown_finding"),
        ("[('herniation', 'L4/5', None, 0.9, None, None)]", "unknown_level"),
        ("[('herniation', 'C5', None, 0.9, None, None)]", "unknown_level"),
        ("[('lf', 'C5/6', None, 0.9, None, None)]", "unknown_side"),
        ("[('slip', 'C4', None, 1.2, None, None)]", "not_a_number"),
        ("[('slip', 'C4', None, float('nan'), None, None)]", "not_a_number"),
        ("[('slip', 'C4', None, '0.9', None, None)]", "not_a_number"),
        ("[('slip', 'C4', None, 0.9, 1e9, None)]", "not_a_number"),
        ("[('slip', 'C4', None, 0.9, None, None)] * 2", "stated_twice"),
    ],
)
def test_a_callable_that_is_wrong_fails_its_own_job_with_the_reason(module: Path, statement: str, reason: str) -> None:
    module.write_text(f"def reading(paths):\n    return {statement}\n")
    ours = make_algorithm(version="ours")
    job = run(registered_callable())
    assert (job.status, job.failure_reason) == ("failed", reason)
    assert not Prediction.objects.exists()
    assert services.request_inference(job.study, ours, by=None).status == "queued"


def test_a_callable_that_changed_or_is_gone_is_not_run(module: Path, settings: Any) -> None:
    algorithm = registered_callable()
    module.write_text(SOURCE + "\n# another version\n")
    assert run(algorithm).failure_reason == "algorithm_changed"
    settings.ALGORITHM_CALLABLES = ["spine-net=os:system"]
    assert run(algorithm).failure_reason == "algorithm_missing", "a setting that names other code than was registered"
    settings.ALGORITHM_CALLABLES = []
    assert run(algorithm).failure_reason == "algorithm_missing"


def test_a_name_keeps_its_part_in_reports(module: Path, settings: Any) -> None:
    make_algorithm()
    settings.ALGORITHM_CALLABLES = ["dens-cervical=site_plug_in:reading"]
    with pytest.raises(CommandError, match="another part in reports"):
        call("register_algorithm", "--callable", "dens-cervical")
    assert list(Algorithm.objects.values_list("kind", flat=True)) == ["built_in"]


def test_what_ships_is_registered_kept_and_active_at_the_first_set_up(settings: Any) -> None:
    assert "active" in call("register_algorithm", "--activate")
    algorithm = Algorithm.objects.get()
    assert algorithm.weights_sha256 == weights.algorithm_info().weights_sha256
    assert algorithm.fills_reports
    assert set(algorithm.card) == set(weights.NAMES)
    assert set(algorithm.thresholds) == set(weights.NAMES[2:])
    folder = algorithm_store.weights_folder(settings.ALGORITHM_DIR, algorithm.weights_sha256)
    assert weights.algorithm_info(folder).weights_sha256 == algorithm.weights_sha256
    assert call("register_algorithm", "--activate")
    assert Algorithm.objects.count() == AuditEvent.objects.filter(act="algorithm.activated").count() == 1


def test_after_an_update_the_active_version_stays_while_its_weights_are_here(tmp_path: Path, settings: Any) -> None:
    call("register_algorithm", "--activate")
    old = Algorithm.objects.get()
    Algorithm.objects.filter(pk=old.pk).update(version="0.0.9")  # as an earlier release registered it
    assert "stays active" in call("register_algorithm", "--activate")
    assert Algorithm.objects.active().get() == old
    Algorithm.objects.filter(pk=old.pk).update(weights_sha256="0" * 64)  # weights that nobody kept
    assert "stays active" not in call("register_algorithm", "--activate")
    assert Algorithm.objects.active().get() != old
    assert AuditEvent.objects.get(act="algorithm.retired").data["set_up"]


def test_a_bundle_becomes_a_registered_algorithm_beside_ours_or_a_version_of_it(tmp_path: Path) -> None:
    call("register_algorithm", "--activate")
    folder = export_bundle("lf", tmp_path / "bundle")
    call("bundle", "import", str(folder))
    beside = Algorithm.objects.get(kind=AlgorithmKind.BUNDLE)
    assert (beside.name, beside.status, beside.fills_reports) == ("dens-lf", "registered", False)
    call("bundle", "import", str(folder), "--name", "dens-cervical")
    version = Algorithm.objects.get(kind=AlgorithmKind.BUNDLE, name="dens-cervical")
    assert version.fills_reports
    assert tasks.networks_of(version).info.weights_sha256 == version.weights_sha256 == beside.weights_sha256
    (folder / "models" / "model.pt").write_bytes(b"x")
    with pytest.raises(CommandError, match=r"models/model\.pt .*pickle.* \[pickle_refused\]"):
        call("bundle", "import", str(folder))


def test_the_command_runs_the_frozen_cases_and_keeps_what_came_out(
    module: Path, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frozen_cases, "PHANTOMS", ())
    settings.FROZEN_CASES_DIR = tmp_path / "cases"
    (settings.FROZEN_CASES_DIR / "a").mkdir(parents=True)
    reference = settings.FROZEN_CASES_DIR / "a" / "reference.json"
    reference.write_text('{"findings": [{"finding": "slip", "level": "C4", "side": null, "positive": false}]}')
    algorithm = registered_callable()
    assert "1 of 1 agree" in call("frozen_cases", "spine-net")
    module.write_text(SOURCE.replace("0.2", "0.8"))
    with pytest.raises(CommandError, match="case_failed"):
        call("frozen_cases", "spine-net")
    first, second = algorithm.case_runs.order_by("created_at")
    assert (first.status, second.status) == ("passed", "failed")
    assert first.set_digest == second.set_digest == frozen_cases.set_digest(settings.FROZEN_CASES_DIR)
    assert second.results["cases"][0]["problem"] == "algorithm_changed"
    reference.write_text("{")
    with pytest.raises(CommandError, match="cases_unreadable"):
        call("frozen_cases", "spine-net")
