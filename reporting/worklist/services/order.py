"""Whether suspected studies come first. A department may want to know who read in which order: both ways are logged."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, require
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import NotAllowed
from reporting.worklist.models import WorklistOrder
from reporting.worklist.suspicion import may_order


@transaction.atomic
def set_suspicion_first(*, by: User, on: bool) -> None:
    """Order ``by``'s own list by what the machine suspects, or by time again.

    Raises :class:`NotAllowed` for a role that sees no predictions, and for a reader who reads blind first.
    """
    require(by, Act.PREDICTION_VIEW)
    if on and not may_order(by):
        raise NotAllowed(_("Who reads blind first has no order by suspicion"))
    order, _made = WorklistOrder.objects.select_for_update().get_or_create(user=by)
    if order.suspicion_first == on:
        return
    order.suspicion_first = on
    order.save(update_fields=["suspicion_first", "changed_at"])
    record(AuditAct.WORKLIST_ORDERED, by=by, data={"suspicion_first": on})
