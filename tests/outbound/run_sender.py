"""Sends what is due in a test's own database, once: ``python -m tests.outbound.run_sender DATABASE BLOB_DIR``."""

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
    from reporting.tasks import send_deliveries

    send_deliveries()
