"""How much one peer may take: of time, of memory, of places."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from django.conf import settings

MAX_NEGOTIATION_BYTES = 128 * 1024
"""Of an A-ASSOCIATE-RQ: 128 presentation contexts with all transfer syntaxes need a quarter of it."""
MAX_COMMAND_BYTES = 64 * 1024
"""Of a DIMSE command set; a real one has some hundred bytes."""
MAX_IDENTIFIER_BYTES = 4 * 1024**2
"""Of a data set that is no object to store, such as the list of a storage commitment request."""

MIN_BYTES_PER_S = 1024
"""Of a message that has taken longer than the silence allowed: who drips has no place for ever."""


@dataclass(frozen=True)
class Limits:
    """``processes``: associations at once; ``per_address``: of them from one address, so that others find a place."""

    processes: int
    per_address: int
    max_pdu_bytes: int
    negotiation_s: float
    silence_s: float

    @classmethod
    def from_settings(cls) -> Limits:
        return cls(
            processes=settings.DICOM_PROCESSES,
            per_address=settings.DICOM_PER_ADDRESS,
            max_pdu_bytes=settings.DICOM_MAX_PDU_BYTES,
            negotiation_s=settings.DICOM_NEGOTIATION_S,
            silence_s=settings.DICOM_SILENCE_S,
        )


def tls_context() -> ssl.SSLContext | None:
    """The site's certificate, and with a CA file the demand that peers show theirs; ``None`` without TLS."""
    if not settings.DICOM_TLS_CERTIFICATE:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(settings.DICOM_TLS_CERTIFICATE, settings.DICOM_TLS_KEY or None)
    if settings.DICOM_TLS_PEERS_CA:
        context.load_verify_locations(settings.DICOM_TLS_PEERS_CA)
        context.verify_mode = ssl.CERT_REQUIRED
    return context
