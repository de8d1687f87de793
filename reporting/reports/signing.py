"""Signatures: HMAC-SHA256, with a key outside the database, over exactly what was signed, by whom, as what and when."""

from __future__ import annotations

import hashlib
import hmac
import uuid

from django.conf import settings

from reporting.reports.content import canonical, sha256_of, texts_sha256
from reporting.reports.models import ReportVersion, Signature


def reason_mac(report_id: uuid.UUID, reason: str) -> str:
    """Binds the words of a withdrawal or discard to the audit trail, which must not hold the words themselves."""
    said = canonical({"report": str(report_id), "reason": reason})
    return hmac.new(settings.SIGNATURE_KEY.encode(), said.encode(), hashlib.sha256).hexdigest()


def mac_of(version: ReportVersion, signature: Signature) -> str:
    """The code that binds a signature to its version; a copy on another row, or a changed byte, does not verify."""
    signed = canonical(
        {
            "report": str(version.report_id),
            "version": str(version.id),
            "number": version.number,
            "kind": version.kind,
            "content_sha256": version.sha256,
            "text_sha256": version.text_sha256,
            "template": version.template_version,
            "vocabulary": version.vocabulary_version,
            "algorithm": version.algorithm,
            "signer": str(signature.signer_id),
            "signer_name": signature.signer_name,
            "role": signature.signer_role,
            "meaning": signature.meaning,
            "signed_at": signature.signed_at.isoformat(),
            "site": signature.site,
        }
    )
    return hmac.new(settings.SIGNATURE_KEY.encode(), signed.encode(), hashlib.sha256).hexdigest()


def version_fault(version: ReportVersion) -> str | None:
    """Why one version does not hold, or ``None``. Cheap: call it whenever a version leaves the system."""
    if sha256_of(version.content) != version.sha256:
        return "content does not match its digest"
    if texts_sha256(version.text_en, version.text_zh) != version.text_sha256:
        return "text does not match its digest"
    signature = getattr(version, "signature", None)
    if signature is None:
        return "has no signature"
    if not hmac.compare_digest(mac_of(version, signature), signature.mac):
        return "signature does not verify"
    if version.created_by_id != signature.signer_id:
        return "was made by another person than signed it"
    return None
