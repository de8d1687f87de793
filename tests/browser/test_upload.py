"""Upload in a real browser: files, a folder, a large zip in pieces, with a keyboard, and what became of each file."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from pydicom.uid import generate_uid

from reporting.accounts.models import User
from reporting.studies import blobs
from reporting.studies.models import SopInstance, Study
from tests.browser.conftest import Reader
from tests.studies.objects import mr_bytes

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def _write(folder: Path, count: int) -> str:
    study = generate_uid()
    folder.mkdir()
    for number in range(count):
        (folder / f"{number}.dcm").write_bytes(mr_bytes(study=study, number=number))
    (folder / "notes.txt").write_text("hello")
    return study


def test_a_folder_and_a_large_zip_go_in_and_each_file_has_its_result(
    people: dict[str, User], new_reader: Callable[..., Reader], tmp_path: Path
) -> None:
    first = _write(tmp_path / "folder", 5)
    with zipfile.ZipFile(tmp_path / "large.zip", "w") as archive:  # stored: larger than one request
        archive.writestr("a.dcm", mr_bytes())
        archive.writestr("bulk.bin", bytes(9 * 1024**2))
    page = new_reader("junior").at_home()
    page.get_by_role("link", name="Upload").click()
    expect(page.locator("#upload-folder")).to_be_visible()  # the script is there; without it the form sends itself
    page.set_input_files("#upload-files", tmp_path / "large.zip")
    page.set_input_files("#upload-folder", tmp_path / "folder")
    page.get_by_role("button", name="Upload").focus()
    page.keyboard.press("Enter")

    expect(page.locator("[data-upload-status]")).to_contain_text("Finished: 6 stored", timeout=60_000)
    expect(page.locator("[data-upload-status]")).to_contain_text("2 refused")
    expect(page.locator("[data-upload-rows] tr")).to_have_count(8)
    expect(page.get_by_role("row", name="folder/notes.txt")).to_contain_text("This is not a DICOM file.")
    expect(page.get_by_role("row", name="large.zip/bulk.bin")).to_contain_text("This is not a DICOM file.")
    expect(page.locator("[data-upload-studies] a")).to_have_count(2)
    assert SopInstance.objects.count() == 6
    assert not list(blobs.incoming_dir().iterdir())
    serious = [v for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")]
    assert serious == []

    page.goto(page.url.replace("upload/", f"{Study.objects.get(study_instance_uid=first).pk}/"))
    expect(page.locator("h1")).to_contain_text("TEST, ONE")
    expect(page.get_by_role("row", name="Sag T2")).to_be_visible()
    serious = [v for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")]
    assert serious == []


def test_dropped_files_go_in_and_a_second_upload_changes_nothing(
    people: dict[str, User], new_reader: Callable[..., Reader]
) -> None:
    reader = new_reader("junior")
    page = reader.page
    page.goto(f"{reader.address}/studies/upload/")
    expect(page.locator("#upload-folder")).to_be_visible()
    data = list(mr_bytes())
    for expected in ("Finished: 1 stored, 0 already stored", "Finished: 1 stored, 1 already stored"):
        transfer = page.evaluate_handle(
            """bytes => {
                const transfer = new DataTransfer();
                transfer.items.add(new File([new Uint8Array(bytes)], "dropped.dcm"));
                return transfer;
            }""",
            data,
        )
        page.dispatch_event("[data-upload-drop]", "drop", {"dataTransfer": transfer})
        expect(page.locator("[data-upload-status]")).to_contain_text(expected, timeout=60_000)
    assert SopInstance.objects.count() == 1
