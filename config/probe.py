"""A container's health check, run inside it: ``python -m config.probe web|worker|beat|listener|hl7`` is 0 if well."""

from __future__ import annotations

import os
import socket
import sys
import time
from http.client import HTTPConnection, HTTPException

from config.env import env_list, env_str

# Beat writes its schedule every three minutes.
CLOCK_MAX_AGE_S = 600


def web_is_ready() -> bool:
    """The web server of this container answers and has its database."""
    _host, _colon, port = env_str("DENS_BIND", "127.0.0.1:8000").rpartition(":")
    name = env_list("DENS_ALLOWED_HOSTS", ["127.0.0.1"])[0]
    try:
        connection = HTTPConnection("127.0.0.1", int(port), timeout=10)
        connection.request("GET", "/health/ready", headers={"Host": name})
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False


def worker_is_alive() -> bool:
    """A worker of this host said so lately."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from reporting.predictions.models import WorkerHeartbeat

    return WorkerHeartbeat.objects.alive().filter(name__endswith=f"@{socket.gethostname()}").exists()


def dicom_listener_accepts() -> bool:
    """The DICOM listener of this container takes a connection."""
    return _accepts(env_str("DENS_DICOM_BIND", "127.0.0.1:11112"))


def hl7_listener_accepts() -> bool:
    """The HL7 listener of this container takes a connection."""
    return _accepts(env_str("DENS_MESSAGES_BIND", "127.0.0.1:2575"))


def _accepts(bind: str) -> bool:
    _host, _colon, port = bind.rpartition(":")
    try:
        with socket.create_connection(("127.0.0.1", int(port)), timeout=10):
            return True
    except OSError:
        return False


def clock_is_kept() -> bool:
    """Beat wrote its schedule lately."""
    from django.conf import settings

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    files = list(settings.STATE_DIR.glob("celerybeat-schedule*"))
    return any(time.time() - file.stat().st_mtime < CLOCK_MAX_AGE_S for file in files)


PROBES = {
    "web": web_is_ready,
    "worker": worker_is_alive,
    "beat": clock_is_kept,
    "listener": dicom_listener_accepts,
    "hl7": hl7_listener_accepts,
}

if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in PROBES:
        sys.exit(f"usage: python -m config.probe {'|'.join(PROBES)}")
    sys.exit(0 if PROBES[sys.argv[1]]() else 1)
