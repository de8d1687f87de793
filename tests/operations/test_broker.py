"""A message whose acknowledgement is lost with the database keeps no place in a worker's hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from kombu import Connection
from kombu.transport import pgmq

from config import broker
from config.celery import app


class Away:
    """The client of the queues, while the database is away."""

    def delete(self, *_message: Any) -> None:
        raise psycopg.OperationalError("terminating connection due to unexpected postmaster exit")

    set_vt: Any = delete


def channel_of(kind: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(kind, "_get_pgmq_client", lambda _self: Away())
    channel = kind(Connection("pgmq://embedded")).Channel(kind(Connection("pgmq://embedded")))
    channel.basic_qos(0, 2, False)
    return channel


def hold(channel: Any, tag: str) -> None:
    info = {"delivery_tag": tag, "delivery_info": {"pgmq_queue": "default", "pgmq_msg_id": 7}}
    channel.qos.append(channel.Message({"body": "", "properties": info}, channel=channel), tag)


ENDS: list[Callable[[Any, str], None]] = [
    lambda channel, tag: channel.basic_ack(tag),
    lambda channel, tag: channel.basic_reject(tag, requeue=False),
    lambda channel, tag: channel.basic_reject(tag, requeue=True),
]


@pytest.mark.parametrize("end", ENDS, ids=["ack", "reject", "requeue"])
def test_a_worker_whose_acknowledgements_are_lost_goes_on_taking(
    end: Callable[[Any, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = channel_of(broker.Transport, monkeypatch)
    for tag in ("a", "b"):
        hold(channel, tag)
    assert not channel.qos.can_consume()
    for tag in ("a", "b"):
        with pytest.raises(psycopg.OperationalError):  # so that it is still logged
            end(channel, tag)
    assert channel.qos.can_consume()
    hold(channel, "c")
    hold(channel, "d")
    assert not channel.qos.can_consume()


def test_kombu_s_own_transport_would_take_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """When this fails ``config.broker`` has nothing left to do."""
    channel = channel_of(pgmq.Transport, monkeypatch)
    for tag in ("a", "b"):
        hold(channel, tag)
        with pytest.raises(psycopg.OperationalError):
            channel.basic_ack(tag)
    assert not channel.qos.can_consume()


def test_the_program_s_own_connections_use_it() -> None:
    assert isinstance(app.connection("pgmq://embedded").transport, broker.Transport)
