"""The listener on a test's own database and store: ``python -m tests.dicom_network.run_listener DATABASE BLOB_DIR``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import django

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = sys.argv[1]
    settings.BLOB_DIR = Path(sys.argv[2])
    django.setup()
    from django.core.management import call_command

    call_command("dicom_listener", bind="127.0.0.1:0")
