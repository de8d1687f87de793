"""An export that is killed with SIGKILL in the middle of a study goes on; nothing is doubled or half written."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from reporting.accounts.models import Role, User
from reporting.department_audit.dataset import files
from reporting.department_audit.dataset.export import Order, export_dataset
from reporting.department_audit.filters import Filter
from tests.department_audit.test_dataset import signed
from tests.paths import REPOSITORY
from tests.reports.factories import make_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.process]
STUDIES = 3


def exporting(folder: Path, auditor: User, killed_at: int = 0) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.department_audit.run_export", str(connection.settings_dict["NAME"])]
    command += [str(settings.BLOB_DIR), str(folder), auditor.username, str(killed_at)]
    return subprocess.Popen(command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def content_of(folder: Path) -> dict[str, bytes]:
    """Every file but the manifest's moment of making."""
    found = {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    manifest = json.loads(found.pop(files.MANIFEST))
    return found | {"counts": json.dumps(manifest["counts"]).encode()}


def test_a_killed_export_is_finished_by_the_same_command(tmp_path: Path) -> None:
    senior, auditor = make_user(Role.SENIOR), make_user(Role.AUDITOR)
    for _ in range(STUDIES):
        signed(senior)
    killed = tmp_path / "killed"
    for at in (2, 1):  # in the second study; then, the first one kept, in the first that it makes itself
        with exporting(killed, auditor, at) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "half\n"
            process.kill()
        assert len(list(killed.glob("studies/*/study.json"))) == 1
        assert list(killed.glob(f"studies/*{files.UNFINISHED}")), "it died in the middle of a study"
        with pytest.raises(files.ExportDamaged, match="not whole"):
            files.verified(killed)
    with exporting(killed, auditor) as process:
        process.communicate()
    assert process.returncode == 0
    files.verified(killed)
    whole = tmp_path / "whole"
    export_dataset(whole, Order("training", 1, Filter(), "For the department only."), by=auditor)
    assert content_of(killed) == content_of(whole), "as if it had never been killed"
    assert not [path for path in killed.rglob("*") if path.name.endswith(files.UNFINISHED)]
