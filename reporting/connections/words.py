"""What stable codes of failure mean, for people who must do something about them."""

from __future__ import annotations

import re

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_WORDS: dict[str, str | Promise] = {
    "no_connection": _("Nobody takes connections there"),
    "connection_lost": _("The connection broke off"),
    "tls_failed": _("TLS could not be agreed on, or the certificate is not trusted"),
    "token_missing": _("The file of the token cannot be read"),
    "no_answer": _("No answer came"),
    "answer_unreadable": _("The answer cannot be read"),
    "answer_to_another": _("The answer was to another message"),
    "answer_ae": _("The receiver cannot use the message (AE)"),
    "answer_ce": _("The receiver cannot use the message (CE)"),
    "answer_ar": _("The receiver refused the message (AR)"),
    "answer_cr": _("The receiver refused the message (CR)"),
    "no_fhir_server": _("What answers there is no FHIR server"),
    "association_rejected": _("The archive rejects our association: it may not know our AE title"),
    "sop_class_not_accepted": _("It does not take what we have for it or ask of it"),
    "not_encodable": _("The object could not be written"),
    "withdrawn": _("The report was withdrawn before this was sent"),
    "wrong_state": _("The report cannot be sent as this; it may not verify, or have no images"),
    "error": _("An error of the program; its log has the details"),
    "no_msh": _("It is no HL7 v2 message"),
    "unknown_charset": _("MSH-18 names an unknown character set"),
    "wrong_charset": _("The bytes are not of the character set that was said"),
    "too_many_segments": _("It has too many segments"),
    "no_control_id": _("It has no control id (MSH-10)"),
    "control_id_used_before": _("Its control id was used for another message"),
    "no_patient": _("It names no patient"),
    "no_patient_id": _("It has no patient number"),
    "identifier_too_long": _("An identifier is too long"),
    "name_too_long": _("A name is too long"),
    "no_order": _("It holds no order"),
    "no_order_number": _("The order has no placer number"),
    "order_control_unknown": _("What should be done with the order (ORC-1) is not known here"),
    "order_of_another_patient": _("The order belongs to another patient"),
    "no_merge": _("It names no number to merge (MRG)"),
    "merged_into_itself": _("It merges a number with itself"),
    "type_not_supported": _("Messages of this type are not taken"),
    "event_not_supported": _("Messages of this event are not taken"),
    "version_not_supported": _("It is not of HL7 version 2"),
    "no_production_message": _("It is no production message (MSH-11)"),
}
_STATUS = re.compile(r"status_([0-9a-f]{3,4})")


def fault_words(code: str) -> str:
    """In the reader's language; a receiver's own status as it is."""
    found = _STATUS.fullmatch(code)
    if found:
        return str(_("The receiver answered with status %(status)s")) % {"status": found[1].upper()}
    return str(_WORDS.get(code, code))
