"""The shape of the code: imports go one way, files stay small, the web process stays light."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import REPOSITORY

MAX_LINES = 500


def test_imports_go_one_way() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    checked = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout[-4000:] + checked.stderr[-1000:]


@pytest.mark.parametrize("package", ["config", "reporting", "inference", "static/js", "templates", "tests"])
def test_no_file_grows_past_reading(package: str) -> None:
    suffixes = {".py", ".mjs", ".html"}
    files = [path for path in (REPOSITORY / package).rglob("*") if path.suffix in suffixes and path.is_file()]
    long = {
        str(path.relative_to(REPOSITORY)): lines
        for path in files
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MAX_LINES
    }
    assert not long


def test_serving_pages_loads_no_torch() -> None:
    code = (
        "import sys, django; django.setup()\n"
        "import config.wsgi, config.urls\n"
        "from config.celery import app; app.loader.import_default_modules()\n"
        "heavy = {'torch', 'monai', 'SimpleITK'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
