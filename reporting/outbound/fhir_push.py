"""A FHIR transaction posted to a server, and what it knows of itself. No redirect is followed."""

from __future__ import annotations

import json
import ssl
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection

from reporting.core.outgoing_tls import tls_context
from reporting.outbound.models import Destination, Form
from reporting.outbound.receivers import ANSWER_S, CONNECT_S, NotSent, token

_VERSIONS = {Form.FHIR_R4: "4.0", Form.FHIR_R5: "5.0"}
_LATER = {408, 409, 412, 423, 425, 429}
"""With 5xx: what may go well another time. 409 and 412: somebody else changed the same resource just then."""
MAX_ANSWER_BYTES = 4 * 1024**2


def push(bundle: bytes, form: Form, destination: Destination) -> None:
    """Return once the server has taken the whole transaction. Raises :class:`NotSent`."""
    kind = f"application/fhir+json; fhirVersion={_VERSIONS[form]}"
    headers = {"Content-Type": kind, "Accept": kind, "Prefer": "return=minimal"}
    status, _answer = _asked(destination, "POST", destination.path or "/", headers, bundle)
    if not 200 <= status < 300:
        raise NotSent(f"status_{status}", for_good=status < 500 and status not in _LATER)


def metadata(destination: Destination) -> str:
    """The FHIR version that the server says it speaks. Raises :class:`NotSent`."""
    headers = {"Accept": "application/fhir+json"}
    status, answer = _asked(destination, "GET", f"{destination.path}/metadata", headers)
    if status != 200:
        raise NotSent(f"status_{status}")
    try:
        said = json.loads(answer)
    except ValueError as error:
        raise NotSent("answer_unreadable") from error
    if not isinstance(said, dict) or said.get("resourceType") != "CapabilityStatement":
        raise NotSent("no_fhir_server")
    return str(said.get("fhirVersion", ""))[:16]


def _asked(
    destination: Destination, method: str, path: str, headers: dict[str, str], body: bytes | None = None
) -> tuple[int, bytes]:
    if destination.secret_name:
        headers["Authorization"] = f"Bearer {token(destination.secret_name)}"
    connection = _connection(destination)
    try:
        try:
            connection.connect()
        except ssl.SSLError as error:
            raise NotSent("tls_failed") from error
        except OSError as error:
            raise NotSent("no_connection") from error
        connection.sock.settimeout(ANSWER_S)
        connection.request(method, path, body, headers)
        answer: HTTPResponse = connection.getresponse()
        return answer.status, answer.read(MAX_ANSWER_BYTES)
    except (OSError, HTTPException) as error:
        raise NotSent("connection_lost") from error
    finally:
        connection.close()


def _connection(destination: Destination) -> HTTPConnection:
    if destination.uses_tls:
        return HTTPSConnection(destination.host, destination.port, timeout=CONNECT_S, context=tls_context())
    return HTTPConnection(destination.host, destination.port, timeout=CONNECT_S)
