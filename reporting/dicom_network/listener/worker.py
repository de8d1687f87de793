"""One process of the listener: takes one association after the other from the front, each by itself.

A process serves one peer at a time, so peers share neither memory nor the interpreter, and a process that dies takes
one association with it.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import ssl
from typing import Any

from django.db import close_old_connections, connections

from reporting.dicom_network.listener import commitment
from reporting.dicom_network.listener.association import serve
from reporting.dicom_network.listener.limits import Limits
from reporting.studies.blobs import sweep_incoming
from reporting.studies.bounded_child import end_idle_children
from reporting.studies.sandbox import warm_up

READY = b"r"
_FINISHES_WITHIN_S = 10.0
"""Less than the front waits for us."""

logger = logging.getLogger(__name__)


class _Ending:
    """SIGTERM ends an idle process at once, a busy one after the association it serves."""

    def __init__(self) -> None:
        self.is_busy = self.is_wanted = False

    def __call__(self, number: int, frame: Any) -> None:
        self.is_wanted = True
        if not self.is_busy:
            raise SystemExit(0)


def work(front: socket.socket, limits: Limits, tls: ssl.SSLContext | None) -> None:
    """Serve what the front hands over until it closes its end. Runs in a child just forked."""
    ending = _Ending()
    signal.signal(signal.SIGTERM, ending)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the terminal: the front decides
    warm_up()
    try:
        while not ending.is_wanted:
            message, descriptors, _flags, _address = socket.recv_fds(front, 64, 1)
            if not message or not descriptors:
                return
            ending.is_busy = True
            _serve_one(socket.socket(fileno=descriptors[0]), message.decode(), limits, tls)
            ending.is_busy = False
            front.sendall(READY)
    except (BrokenPipeError, ConnectionResetError):
        return  # the front is gone
    finally:
        commitment.finish(_FINISHES_WITHIN_S)
        end_idle_children()
        connections.close_all()


def _serve_one(connection: socket.socket, address: str, limits: Limits, tls: ssl.SSLContext | None) -> None:
    close_old_connections()
    try:
        sweep_incoming()
        serve(connection, address, limits, tls)
    except Exception:
        # One association is lost; the next may go well, for instance when the database is back.
        logger.exception("an association ended by an error in process %s", os.getpid())
    finally:
        connection.close()
        close_old_connections()
