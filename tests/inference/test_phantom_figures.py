"""The page of figures shows what its command draws."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from PIL import Image

from inference.phantom_figures import write_figures
from tests.paths import REPOSITORY, shared_data

MOST_BYTES = 1_500_000


def shown_on_the_page() -> set[str]:
    page = (REPOSITORY / "docs/phantom_figures.md").read_text(encoding="utf-8")
    return set(re.findall(r"\(figures/([\w.]+)\)", page))


def test_every_picture_of_the_page_is_there_and_all_are_small() -> None:
    files = sorted((REPOSITORY / "docs/figures").glob("phantom_*.jpg"))
    assert {path.name for path in files} == shown_on_the_page()
    assert sum(path.stat().st_size for path in files) < MOST_BYTES


def test_the_command_draws_the_pictures_of_the_page(tmp_path: Path) -> None:
    written = write_figures(shared_data(), tmp_path)
    assert {path.name for path in written} == shown_on_the_page()
    for path in written:
        with Image.open(path) as picture:
            assert np.asarray(picture).max() > 200
