"""Where the embedded database of a state folder is reached: never at another folder's server."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from config.embedded_postgres import cluster_at


def test_a_folder_keeps_its_server(tmp_path: Path) -> None:
    assert cluster_at(tmp_path / "var") == cluster_at(tmp_path / "var")


def test_a_folder_made_again_does_not_reach_the_server_of_the_removed_one(tmp_path: Path) -> None:
    first = cluster_at(tmp_path / "var")
    shutil.rmtree(tmp_path / "var")
    assert cluster_at(tmp_path / "var").socket_dir != first.socket_dir


def test_a_copied_folder_does_not_reach_the_server_of_the_original(tmp_path: Path) -> None:
    original = cluster_at(tmp_path / "var")
    shutil.copytree(tmp_path / "var", tmp_path / "copy")
    assert cluster_at(tmp_path / "copy").socket_dir != original.socket_dir


def test_all_who_start_at_once_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        clusters = set(pool.map(lambda _: cluster_at(tmp_path / "var"), range(32)))
    assert len(clusters) == 1
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["postgres.id"]
