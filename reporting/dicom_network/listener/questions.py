"""What we ask a peer on the association that it opened: only to take the report of a storage commitment.

The library's way stops the association's thread while it waits: a peer that wants to leave meanwhile is not heard until
the wait is over, and if it left a moment before, the wait never ends. Here that thread goes on, and ends the question.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable

from pynetdicom.dimse_primitives import N_EVENT_REPORT


class Questions:
    """``send(question, context_id)`` is called only before :meth:`end`; the peer's leave is answered after it."""

    def __init__(self, send: Callable[[N_EVENT_REPORT, int], None]) -> None:
        self._send = send
        self._turn, self._changed = threading.Lock(), threading.Condition()
        self._is_over = False
        self._numbers = itertools.count(1)
        self._open: int | None = None
        self._answer: N_EVENT_REPORT | None = None

    def ask(self, question: N_EVENT_REPORT, context_id: int, wait_s: float) -> N_EVENT_REPORT | None:
        """The answer; ``None`` when the peer leaves or says nothing. One after the other, whoever asks."""
        with self._turn, self._changed:
            if self._is_over:
                return None
            question.MessageID = self._open = next(self._numbers)
            try:
                self._send(question, context_id)
                self._changed.wait_for(lambda: self._is_over or self._answer is not None, wait_s)
                return self._answer
            finally:
                self._open = self._answer = None

    def answered(self, answer: N_EVENT_REPORT) -> None:
        """What answers no open question is dropped: it came too late, or nobody asked."""
        with self._changed:
            if self._open is not None and answer.MessageIDBeingRespondedTo == self._open:
                self._answer = answer
                self._changed.notify_all()

    def end(self) -> None:
        """The peer leaves or is gone: nothing may be sent to it any more, and no answer comes."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()
