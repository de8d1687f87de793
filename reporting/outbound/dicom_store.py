"""C-STORE of one object to an archive."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

from pydicom import dcmread

from reporting.core import dicom_association
from reporting.core.dicom_address import Called
from reporting.core.dicom_association import NoAssociation
from reporting.outbound.models import Destination
from reporting.outbound.receivers import ANSWER_S, NotSent


def store_object(content: bytes, destination: Destination) -> None:
    """Return once the archive said that it has the object. Raises :class:`NotSent`."""
    dataset = dcmread(io.BytesIO(content))
    with (
        _not_sent_without(),
        dicom_association.association(_called(destination), dataset.SOPClassUID, answer_s=ANSWER_S) as association,
    ):
        try:
            status = association.send_c_store(dataset)
        except RuntimeError as error:  # it was there and is gone again
            raise NotSent("connection_lost") from error
        except (ValueError, AttributeError) as error:
            raise NotSent("not_encodable", for_good=True) from error
        code = status.get("Status")
        if code is None:
            raise NotSent("connection_lost")
        if code != 0 and code & 0xF000 != 0xB000:  # B000: stored, with a warning (PS3.4 B.2.3)
            # Of resources (A7xx) there may be more tomorrow; what is not understood stays so.
            raise NotSent(f"status_{code:04x}", for_good=code & 0xFF00 != 0xA700)


def echo(destination: Destination) -> None:
    """C-ECHO: whether the archive knows us. Raises :class:`NotSent`."""
    with _not_sent_without():
        dicom_association.echo(_called(destination))


def _called(destination: Destination) -> Called:
    return Called(destination.host, destination.port, destination.ae_title, destination.uses_tls)


@contextmanager
def _not_sent_without() -> Iterator[None]:
    try:
        yield
    except NoAssociation as none:
        raise NotSent(none.code, for_good=none.code == "sop_class_not_accepted") from none
