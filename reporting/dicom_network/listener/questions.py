"""What we ask a peer on the association that it opened: only to take the report of a storage commitment.

The library's way stops the association's thread while it waits: a peer that wants to leave meanwhile is not heard until
the wait is over, and if it left a moment before, the wait never ends. Here that thread goes on, and ends the question.
"""

from __future__ import annotations

import itertools
import queue
import threading
import time
from collections.abc import Callable

from pynetdicom.dimse_primitives import N_EVENT_REPORT


class Questions:
    """``send(question, context_id)`` is called only before :meth:`end`; the peer's leave is answered after it."""

    def __init__(self, send: Callable[[N_EVENT_REPORT, int], None]) -> None:
        self._send = send
        self._turn, self._gate = threading.Lock(), threading.Lock()
        self._is_over = False
        self._numbers = itertools.count(1)
        self._answers: queue.Queue[N_EVENT_REPORT | None] = queue.Queue()

    def ask(self, question: N_EVENT_REPORT, context_id: int, wait_s: float) -> N_EVENT_REPORT | None:
        """The answer; ``None`` when the peer leaves or says nothing. One after the other, whoever asks."""
        with self._turn:
            question.MessageID = next(self._numbers)
            with self._gate:
                if self._is_over:
                    return None
                self._send(question, context_id)
            deadline = time.monotonic() + wait_s
            while True:
                try:
                    answer = self._answers.get(timeout=max(deadline - time.monotonic(), 0.001))
                except queue.Empty:
                    return None
                # An answer that comes too late is to the question before.
                if answer is None or answer.MessageIDBeingRespondedTo == question.MessageID:
                    return answer

    def answered(self, answer: N_EVENT_REPORT) -> None:
        self._answers.put(answer)

    def end(self) -> None:
        """The peer leaves or is gone: nothing may be sent to it any more, and no answer comes."""
        with self._gate:
            self._is_over = True
        self._answers.put(None)
