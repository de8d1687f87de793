"""Pictures of frames as a client wishes them: window, viewport, quality (PS3.18 8.3.5.1)."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.test import Client
from PIL import Image

from reporting.accounts.models import Role
from reporting.studies.models import SopInstance
from reporting.studies.services import ingest_paths
from tests.factories import make_user
from tests.inference.dicom_series import write_series
from tests.programs import program

pytestmark = pytest.mark.django_db
ROWS, COLUMNS = 24, 32
SLOPE, INTERCEPT = 2.0, -100.0


@pytest.fixture
def path(settings: Any, tmp_path: Path, client: Client) -> Path:
    settings.STATE_DIR = tmp_path / "state"
    senior = make_user(Role.SENIOR)
    client.force_login(senior)
    ramp = np.arange(ROWS * COLUMNS, dtype=np.uint16).reshape(1, ROWS, COLUMNS)

    def rescaled(_index: int, dataset: Any) -> None:
        dataset.RescaleSlope, dataset.RescaleIntercept = SLOPE, INTERCEPT

    (path,) = write_series(tmp_path / "s", ramp, study_uid="1.2.3", edit=rescaled)
    ingest_paths([path], by=senior)
    return path


def ask(client: Client, wish: str, accept: str = "image/png") -> Any:
    one = SopInstance.objects.select_related("series__study").get()
    base = f"/dicom-web/studies/1.2.3/series/{one.series.series_instance_uid}/instances/{one.sop_instance_uid}"
    return client.get(f"{base}/rendered?{wish}", headers={"Accept": accept})


def pixels(answer: Any) -> Any:
    assert answer.status_code == 200, answer.content
    return np.asarray(Image.open(io.BytesIO(answer.content))).astype(float)


@pytest.fixture
def values() -> Any:
    return np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS) * SLOPE + INTERCEPT


def test_windows_are_those_of_the_standard(client: Client, path: Path, values: Any) -> None:
    linear = np.clip((values - 299.5) / 200 + 0.5, 0, 1) * 255
    exact = np.clip((values - 300) / 201 + 0.5, 0, 1) * 255
    sigmoid = 255 / (1 + np.exp(-4 * (values - 300) / 201))
    for wish, expected in (
        ("window=300,201", linear),
        ("window=300,201,linear", linear),
        ("window=3e2,201.0,linear-exact", exact),
        ("window=300,201,sigmoid", sigmoid),
    ):
        assert np.abs(pixels(ask(client, wish)) - expected).max() <= 1, wish
    assert np.abs(linear - sigmoid).max() > 20


@pytest.mark.skipif(program("dcm2pnm") is None, reason="dcmtk is not installed")
def test_dcmtk_shows_the_same(client: Client, path: Path, tmp_path: Path) -> None:
    subprocess.run(["dcm2pnm", "+on", "+Ww", "300", "201", path, tmp_path / "theirs.png"], check=True, timeout=60)
    theirs = np.asarray(Image.open(tmp_path / "theirs.png")).astype(float)
    assert np.abs(pixels(ask(client, "window=300,201")) - theirs).max() <= 1


def test_a_viewport_is_filled_in_the_frames_proportions(client: Client, path: Path) -> None:
    assert pixels(ask(client, "viewport=64,64")).shape == (48, 64)
    assert pixels(ask(client, "viewport=16,100")).shape == (12, 16)


def test_a_part_is_cut_out_and_mirrored(client: Client, path: Path) -> None:
    whole = pixels(ask(client, "window=0,9999"))
    assert (pixels(ask(client, "window=0,9999&viewport=8,6,4,2,8,6")) == whole[2:8, 4:12]).all()
    assert (pixels(ask(client, "window=0,9999&viewport=28,22,4,2")) == whole[2:, 4:]).all()
    assert (pixels(ask(client, "window=0,9999&viewport=8,24,,,-8,-24")) == whole[::-1, 7::-1]).all()


def test_quality_is_the_jpegs(client: Client, path: Path) -> None:
    sizes = [len(ask(client, f"quality={quality}", "image/jpeg").content) for quality in (10, 95)]
    assert sizes[0] < sizes[1]


@pytest.mark.parametrize(
    "wish",
    [
        "window=300",
        "window=300,0",
        "window=300,0.5,linear",
        "window=300,0,sigmoid",
        "window=300,nan",
        "window=1,2,cubic",
        "window=1,2,linear,3",
        "viewport=10",
        "viewport=0,10",
        "viewport=10,4097",
        "viewport=99999,10",
        "viewport=-5,10",
        "viewport=10,10,0,0,33,24",
        "viewport=10,10,-1,0,8,8",
        "viewport=10,10,0,0,0,8",
        "viewport=10,10,32,0",
        "viewport=10,10,1,2,3,4,5",
        "quality=0",
        "quality=101",
        "quality=best",
    ],
)
def test_what_the_standard_does_not_have_is_refused(client: Client, path: Path, wish: str) -> None:
    answer = ask(client, wish)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "invalid_input"
