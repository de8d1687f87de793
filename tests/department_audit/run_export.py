"""Exports a training set from a test's own database, and waits to be killed in the middle of a study if asked to.

``python -m tests.department_audit.run_export DATABASE BLOB_DIR FOLDER AUDITOR [STUDIES]``. With STUDIES it says "half"
when the images of that many studies are written and the last one is not yet whole, and goes no further.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import django


def main(database: str, blobs: str, folder: str, auditor: str, studies: str = "0") -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = database
    settings.BLOB_DIR = Path(blobs)
    django.setup()
    from reporting.accounts.models import User
    from reporting.department_audit.dataset import export
    from reporting.department_audit.filters import Filter

    original, begun = export.write_images, [0]

    def stops(*arguments: Any) -> Any:
        found = original(*arguments)
        begun[0] += 1
        if begun[0] == int(studies):
            print("half", flush=True)
            sys.stdin.read()
        return found

    export.write_images = stops
    order = export.Order("training", 1, Filter(), "For the department only.")
    export.export_dataset(Path(folder), order, by=User.objects.get(username=auditor))


if __name__ == "__main__":
    main(*sys.argv[1:])
