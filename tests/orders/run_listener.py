"""The HL7 listener on a test's own database: ``python -m tests.orders.run_listener DATABASE``."""

from __future__ import annotations

import os
import sys

import django

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = sys.argv[1]
    django.setup()
    from django.core.management import call_command

    call_command("message_listener", bind="127.0.0.1:0")
