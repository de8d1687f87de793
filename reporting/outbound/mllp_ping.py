"""The ping of MLLP: a network management query (HL7 v2.5 chapter 14, NMQ^N01). Any acknowledgement is an answer.

A connection alone says little: a port that is forwarded, or another service, takes connections as well.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.utils import timezone

from reporting.core.hl7_message import Message
from reporting.core.hl7_text import Charset, escaped
from reporting.outbound.mllp_send import TAKEN, answer_to, code_of
from reporting.outbound.models import Destination

ANSWER_S = 10
"""A person waits for it."""
MAX_WORDS = 120


def ping(destination: Destination) -> str:
    """Ask, and return once somebody has answered in HL7: empty when the question was taken.

    Most receivers take results and no questions: then it is how they refused, the code of MSA-1 and their own words.
    Raises :class:`~reporting.outbound.receivers.NotSent`.
    """
    answer = answer_to(question(destination), destination, within_s=ANSWER_S)
    code = code_of(answer)
    return "" if code in TAKEN else " ".join([code, *_reason(answer)])[:MAX_WORDS]


def question(destination: Destination) -> bytes:
    """Another each time, so that nobody knows it again; the clock (NCK) is all that it says."""
    charset = Charset(destination.charset)
    at = timezone.localtime().strftime("%Y%m%d%H%M%S%z")
    places = [settings.SITE_NAME, destination.application, destination.facility]
    head = ["MSH", "^~\\&", "DENS", *map(escaped, places), at, "", "NMQ^N01^NMQ_N01", uuid.uuid4().hex[:20], "P", "2.5"]
    lines = [[*head, *[""] * 5, charset.value], ["NCK", at]]
    return "".join("|".join(line) + "\r" for line in lines).encode(charset.codec)


def _reason(answer: Message) -> list[str]:
    """Number and words, as far as they are said: ERR-3, or before 2.5 the fourth component of ERR-1, or MSA-3."""
    err, msa = answer.first("ERR"), answer.first("MSA")
    number = err.text(3) or err.text(1, 4)
    words = err.text(3, 2) or err.text(1, 4, subcomponent=2) or msa.text(3)
    return [" ".join(part.split()) for part in (number, words) if part]
