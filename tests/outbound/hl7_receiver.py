"""A receiver of HL7 v2 that we did not write: python-hl7's MLLP server, in a thread with a loop of its own."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hl7.mllp import start_hl7_server


@dataclass
class Hl7Receiver:
    """``code``: what it answers to everything (MSA-1). ``received``: messages, as python-hl7 has read them."""

    code: str = "AA"
    port: int = 0
    received: list[Any] = field(default_factory=list)

    async def converse(self, reader: Any, writer: Any) -> None:
        try:
            while True:
                message = await reader.readmessage()
                self.received.append(message)
                writer.writemessage(message.create_ack(self.code))
                await writer.drain()
        except (EOFError, OSError):
            pass  # the sender has hung up
        finally:
            await closed(writer)


async def closed(writer: Any) -> None:
    """Else the transport is left to the garbage collector, which complains in whichever test comes next."""
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


@contextmanager
def hl7_receiver(
    code: str = "AA",
    *,
    certificate: tuple[Path, Path] | None = None,
    knows: Path | None = None,
    encoding: str = "utf-8",
) -> Iterator[Hl7Receiver]:
    """``certificate``: key and certificate; with it the receiver speaks TLS and nothing else, to those it ``knows``."""
    receiver = Hl7Receiver(code)
    tls = None
    if certificate is not None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate[1], certificate[0])
        if knows is not None:
            tls.load_verify_locations(knows)
            tls.verify_mode = ssl.CERT_REQUIRED
    ready: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        ended = asyncio.Event()
        # The printed report inside is longer than what the library reads unless told so.
        server = await start_hl7_server(receiver.converse, "127.0.0.1", 0, ssl=tls, limit=2**24, encoding=encoding)
        receiver.port = server.sockets[0].getsockname()[1]
        ready.set_result((asyncio.get_running_loop(), ended))
        async with server:
            await ended.wait()
        still_open = asyncio.all_tasks() - {asyncio.current_task()}
        if still_open:
            await asyncio.wait(still_open, timeout=20)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    loop, ended = ready.result(20)
    try:
        yield receiver
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(20)
