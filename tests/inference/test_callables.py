"""A site's own algorithm runs in a process of its own: what it does wrong, it does to its own job."""

from __future__ import annotations

import math
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from inference import callables
from inference.callables import CallableFailed, Registered, analysis_of, describe, files_digest, registered
from inference.results import AlgorithmInfo

INFO = AlgorithmInfo("site", "1", "0" * 64)
SOURCE = """
import os, sys, time
from pathlib import Path

def good(paths):
    print("noise on standard output")
    yield ("herniation", "C5/6", None, 0.8, 4.2, "1.2.3")
    yield {"finding": "lf", "level": "C5/6", "side": "left", "probability": 0.1, "slice": ("1.2.4", 3)}
    yield ("slip", "C4", None, len(paths) / 10, None, None)
good.version = "2.1"
good.thresholds = {"herniation": 0.85}
good.applicability = "our own patients"

def numbers(paths):
    import numpy
    return [("slip", "C4", None, numpy.float32(0.5), numpy.float64(2.0), None)]

def raises(paths): raise ValueError("patient Doe^John")
def leaves(paths): sys.exit(0)
def dies(paths): os._exit(3)
def killed(paths): os.kill(os.getpid(), 9)
def hangs(paths): time.sleep(600)
def short(paths): return [("slip", "C4", 0.5)]
def no_list(paths): return 7
def unknown_field(paths): return [{"finding": "slip", "level": "C4", "probability": 1, "secret": 1}]
def not_json(paths): return [("slip", "C4", None, object(), None, None)]
def odd_slice(paths): return [("slip", "C4", None, 0.5, None, 7)]
def many(paths): return [("slip", "C4", None, 0.5, None, None)] * 501
def long(paths): return [("slip" * 1000000, "C4", None, 0.5, None, None)]
def not_finite(paths): return [("slip", "C4", None, float("nan"), None, None)]
def environment(paths):
    seen = [name for name in os.environ if "KEY" in name or "PASSWORD" in name or "DATABASE" in name]
    return [("slip", "C4", None, len(seen), None, None)]
def leaves_a_child_behind(paths):
    import subprocess
    child = subprocess.Popen(["sleep", "600"])
    return [("slip", "C4", None, 0.5, float(child.pid), None)]
too_high = lambda paths: []
too_high.thresholds = {"slip": 2}
not_callable = 3
"""


@pytest.fixture(autouse=True)
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of the site on the import path, with a file of weights in it."""
    folder = tmp_path / "site_reading"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "spine.py").write_text(SOURCE)
    (folder / "weights.safetensors").write_bytes(b"weights")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("DENS_SECRET_KEY", "x")
    monkeypatch.setenv("DATABASE_PASSWORD", "x")
    return folder


def ask(name: str, paths: int = 7, **options: Any) -> dict[str, Any]:
    files = [Path(f"/blobs/{number}") for number in range(paths)]
    return analysis_of(f"site_reading.spine:{name}", files, info=INFO, thresholds={"herniation": 0.85}, **options)


def test_statements_become_predictions_with_their_thresholds_and_slices() -> None:
    result = ask("good")
    herniation, ligament, slip = result["predictions"]
    assert herniation == {
        "finding": "herniation",
        "level": "C5/6",
        "side": None,
        "probability": 0.8,
        "mm": 4.2,
        "threshold": 0.85,
        "positive": False,
        "source_slice": {"sop_instance_uid": "1.2.3", "frame_number": None},
    }
    assert ligament["source_slice"] == {"sop_instance_uid": "1.2.4", "frame_number": 3}
    assert (slip["probability"], slip["positive"]) == (0.7, True)
    assert result["algorithm"] == {"name": "site", "version": "1", "weights_sha256": "0" * 64}


def test_numbers_of_numpy_are_numbers() -> None:
    [slip] = ask("numbers")["predictions"]
    assert (slip["probability"], slip["mm"], slip["positive"]) == (0.5, 2.0, True)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("raises", "algorithm_crashed"),
        ("leaves", "algorithm_crashed"),
        ("dies", "algorithm_crashed"),
        ("killed", "algorithm_crashed"),
        ("short", "algorithm_crashed"),
        ("no_list", "algorithm_crashed"),
        ("unknown_field", "algorithm_crashed"),
        ("not_json", "algorithm_crashed"),
        ("not_callable", "algorithm_crashed"),
        ("is_not_there", "algorithm_crashed"),
        ("odd_slice", "incomplete_result"),
        ("many", "incomplete_result"),
        ("long", "incomplete_result"),
    ],
)
def test_a_fault_of_the_algorithm_has_a_reason_and_tells_nothing_of_the_patient(name: str, reason: str) -> None:
    with pytest.raises(CallableFailed) as failure:
        ask(name)
    assert failure.value.reason == reason
    assert "Doe" not in failure.value.message


def test_an_algorithm_that_hangs_is_ended() -> None:
    with pytest.raises(CallableFailed) as failure:
        ask("hangs", time_limit_s=2.0)
    assert failure.value.reason == "time_limit"


def test_what_an_algorithm_started_ends_with_it() -> None:
    [slip] = ask("leaves_a_child_behind")["predictions"]
    process = Path(f"/proc/{int(slip['mm'])}/stat")
    deadline = time.monotonic() + 20
    while process.exists() and process.read_text().split()[2] != "Z":
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_an_algorithm_gets_no_secrets() -> None:
    assert ask("environment")["predictions"][0]["probability"] == 0


def test_a_number_that_is_not_finite_is_left_to_the_check_of_all_results() -> None:
    assert math.isnan(ask("not_finite")["predictions"][0]["probability"])


def test_the_digest_changes_with_code_weights_and_name(package: Path) -> None:
    target = "site_reading.spine:good"
    digest = files_digest(target)
    assert files_digest(target) == digest
    assert files_digest("site_reading.spine:numbers") != digest
    (package / "weights.safetensors").write_bytes(b"others")
    changed = files_digest(target)
    assert changed != digest
    (package / "spine.py").write_text(SOURCE + "\n")
    assert files_digest(target) not in (digest, changed)
    assert "site_reading" not in sys.modules, "nothing of it was imported here"


def test_a_package_that_is_not_there_is_said() -> None:
    with pytest.raises(CallableFailed, match="not installed") as failure:
        files_digest("nowhere_at_all:good")
    assert failure.value.reason == "algorithm_missing"


def test_a_callable_describes_itself() -> None:
    said = describe(Registered("site", "site_reading.spine:good", "9"))
    assert (said.version, said.applicability, said.thresholds) == ("2.1", "our own patients", {"herniation": 0.85})
    assert describe(Registered("site", "site_reading.spine:numbers", "9")).version == "9"
    with pytest.raises(CallableFailed, match="threshold"):
        describe(Registered("site", "site_reading.spine:too_high"))


def test_callables_are_named_by_the_setting_and_by_installed_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "spine_net-3.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: spine-net\nVersion: 3.2\n")
    (info / "entry_points.txt").write_text(f"[{callables.GROUP}]\nspine-net = site_reading.spine:good\n")
    found = registered(["site_reading.spine:very_good", "mine=site_reading.spine:good"])
    assert found == {
        "very-good": Registered("very-good", "site_reading.spine:very_good"),
        "mine": Registered("mine", "site_reading.spine:good"),
        "spine-net": Registered("spine-net", "site_reading.spine:good", "3.2"),
    }
    with pytest.raises(ValueError, match="two algorithms are called"):
        registered(["spine-net=site_reading.spine:numbers"])


@pytest.mark.parametrize("text", ["os.system", "a b:c", "x=", "pkg:mod:fn", "pkg:fn()", "-m=pkg:fn;"])
def test_a_malformed_name_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="DENS_ALGORITHMS"):
        registered([text])
