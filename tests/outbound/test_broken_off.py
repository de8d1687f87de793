"""What breaks off is tried again, whenever it does; what an archive does not take at all is not."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pynetdicom import AE, evt
from pynetdicom.association import Association
from pynetdicom.sop_class import MRImageStorage, Verification

from reporting.core import dicom_association
from reporting.outbound.destinations import Where, add_destination
from reporting.outbound.dicom_store import store_object
from reporting.outbound.models import Destination, Form, Kind
from reporting.outbound.receivers import NotSent
from tests.studies.objects import mr_bytes

pytestmark = pytest.mark.django_db


@contextmanager
def archive(sop_class: str, on_established: Callable[[Any], object] = lambda _event: None) -> Iterator[Destination]:
    entity = AE("ARCHIVE")
    entity.add_supported_context(sop_class)
    handlers = [(evt.EVT_ESTABLISHED, on_established)]
    server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
    where = Where(Kind.DICOM, "127.0.0.1", server.server_address[1], (Form.DICOM_SR,), ae_title="ARCHIVE")
    try:
        yield add_destination("PACS", where, by=None)
    finally:
        server.shutdown()


def fault(destination: Destination) -> tuple[str, bool]:
    with pytest.raises(NotSent) as caught:
        store_object(mr_bytes(), destination)
    return caught.value.code, caught.value.for_good


def breaks_off_soon(event: Any) -> None:
    threading.Timer(0.2, event.assoc.abort).start()


def after_it_broke_off(method: Callable[..., Any]) -> Callable[..., Any]:
    def waits(association: Any, *arguments: Any, **more: Any) -> Any:
        while association.is_established:
            time.sleep(0.01)
        return method(association, *arguments, **more)

    return waits


def test_what_breaks_off_before_it_is_used_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    associate = dicom_association._Entity.associate

    def waits(*arguments: Any, **more: Any) -> Any:
        made = associate(*arguments, **more)
        after_it_broke_off(lambda _made: None)(made)
        return made

    monkeypatch.setattr(dicom_association._Entity, "associate", waits)
    with archive(MRImageStorage, breaks_off_soon) as destination:
        assert fault(destination) == ("connection_lost", False)


def test_what_breaks_off_when_it_is_used_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Association, "send_c_store", after_it_broke_off(Association.send_c_store))
    with archive(MRImageStorage, breaks_off_soon) as destination:
        assert fault(destination) == ("connection_lost", False)


def test_what_an_archive_does_not_take_is_given_up() -> None:
    with archive(Verification) as destination:
        assert fault(destination) == ("sop_class_not_accepted", True)
