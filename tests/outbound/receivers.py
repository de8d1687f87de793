"""Receivers in processes of their own: hl7apy's MLLP server as a RIS, and what speaks HTTP as a FHIR server.

``python -m tests.outbound.receivers mllp|fhir FOLDER [hold]``: prints its port; each message becomes a file in FOLDER.
With ``hold`` it keeps the first message and never answers it.
"""

from __future__ import annotations

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from hl7apy.core import Message
from hl7apy.mllp import AbstractErrorHandler, AbstractHandler, MLLPServer
from hl7apy.parser import parse_message

_lock = threading.Lock()


class Kept:
    def __init__(self, folder: Path, holds: bool) -> None:
        self._folder, self._holds = folder, holds

    def keep(self, content: bytes) -> None:
        with _lock:
            number = len(list(self._folder.iterdir()))
            part = self._folder / f".{number:04}"
            part.write_bytes(content)
            part.rename(self._folder / f"{number:04}")
        if self._holds and number == 0:
            threading.Event().wait()


class Taking(AbstractHandler):  # type: ignore[misc]
    def __init__(self, message: str, kept: Kept) -> None:
        super().__init__(message)
        self._kept = kept

    def reply(self) -> str:
        self._kept.keep(self.incoming_message.encode())
        return _answer(self.incoming_message, "AA")


class Refusing(AbstractErrorHandler):  # type: ignore[misc]
    """As a RIS does that takes results and nothing else."""

    def reply(self) -> str:
        return _answer(self.incoming_message, "AR", "200^Unsupported message type^HL70357")


def _answer(message: str, code: str, condition: str = "") -> str:
    asked = parse_message(message.split("\rPID")[0] + "\r", find_groups=False)
    answer = Message("ACK", version="2.5")
    answer.msh.msh_9, answer.msh.msh_10 = "ACK", "RIS1"
    answer.msa.msa_1, answer.msa.msa_2 = code, asked.msh.msh_10.value
    if condition:
        answer.err.err_3, answer.err.err_4 = condition, "E"
    return str(answer.to_mllp())


def serve_mllp(kept: Kept) -> Any:
    handlers = {"ORU^R01^ORU_R01": (Taking, kept), "ERR": (Refusing,)}
    return MLLPServer("127.0.0.1", 0, handlers, timeout=30)


def serve_fhir(kept: Kept) -> Any:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            kept.keep(self.rfile.read(int(self.headers["Content-Length"])))
            self._answer({"resourceType": "Bundle", "type": "transaction-response"})

        def do_GET(self) -> None:
            self._answer({"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1"})

        def _answer(self, resource: dict[str, str]) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(resource).encode())

        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    return ThreadingHTTPServer(("127.0.0.1", 0), Handler)


if __name__ == "__main__":
    server = {"mllp": serve_mllp, "fhir": serve_fhir}[sys.argv[1]](Kept(Path(sys.argv[2]), "hold" in sys.argv))
    print(server.server_address[1], flush=True)
    server.serve_forever()
