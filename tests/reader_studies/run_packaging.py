"""Builds waiting packages in a process of its own; stands still in the middle of the ratings, to be killed there.

Usage: python -m tests.reader_studies.run_packaging DATABASE BLOB_DIR
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django
from django.conf import settings

django.setup()
settings.DATABASES["default"]["NAME"] = sys.argv[1]
settings.BLOB_DIR = Path(sys.argv[2])

from reporting.reader_studies.models import ReaderStudy  # noqa: E402
from reporting.reader_studies.package.archive import write_package  # noqa: E402
from reporting.reader_studies.services import package_work  # noqa: E402


def halting(study: ReaderStudy, out: IO[bytes], tell: Callable[[float], None]) -> None:
    def stop(done: float) -> None:
        tell(done)
        if done > 0.3:
            out.flush()
            print("half", flush=True)
            sys.stdin.readline()

    write_package(study, out, stop)


package_work._TELL_EVERY_S = 0.0
package_work.write_package = halting
package_work.build_due_packages()
