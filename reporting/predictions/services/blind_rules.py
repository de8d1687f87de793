"""Who reads first without the machine."""

from __future__ import annotations

import secrets

from django.db import transaction
from django.utils.translation import gettext as _

from reporting.accounts.models import User
from reporting.accounts.permissions import Act, may, require
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.services import record
from reporting.core.errors import InvalidInput, NotAllowed, WrongState
from reporting.predictions.models import BlindRule
from reporting.studies.models import Study


@transaction.atomic
def set_blind_rule(
    *,
    by: User,
    is_on: bool,
    user: User | None = None,
    study: Study | None = None,
    fraction: float | None = None,
) -> BlindRule:
    """Set the rule for one person, for one study, or for a random fraction of all first readings; from now on.

    Everybody who writes reports may set the one for themselves, and end it unless somebody else set it. A reading that
    began stays as it was decided.

    Raises :class:`NotAllowed`, or :class:`InvalidInput` unless exactly one kind is given.
    """
    if sum(given is not None for given in (user, study, fraction)) != 1:
        raise InvalidInput(_("A rule is for one person, for one study, or for a fraction"))
    if user is None or user.pk != by.pk or not may(by, Act.REPORT_EDIT):
        require(by, Act.BLIND_RULE)
    elif not is_on and not may(by, Act.BLIND_RULE):
        held = BlindRule.objects.in_force().filter(user=user).first()
        if held is not None and held.set_by_id != by.pk:
            raise NotAllowed(
                _("Somebody else set this rule for you; only they or another senior or auditor may end it")
            )
    if user is not None and is_on and not may(user, Act.REPORT_EDIT):
        raise InvalidInput(_("Only those who write reports can read blind first"))
    if study is not None and not Study.objects.visible_to(by).filter(pk=study.pk).exists():
        raise NotAllowed(_("You may not see this study"))
    if fraction is not None and not 0 <= fraction <= 1:
        raise InvalidInput(_("The fraction lies between 0 and 1"))
    seed = secrets.token_hex(16) if fraction is not None else ""
    rule = BlindRule.objects.create(user=user, study=study, fraction=fraction, seed=seed, is_on=is_on, set_by=by)
    data = {
        "user": user.pk if user else None,
        "study": study.pk if study else None,
        "fraction": fraction,
        "is_on": is_on,
    }
    record(AuditAct.BLIND_RULE_SET, by=by, about=rule, data=data)
    return rule


@transaction.atomic
def end_blind_rule(rule: BlindRule, *, by: User) -> BlindRule:
    """End a rule for readings that begin from now on. What ends it is a further row.

    Raises :class:`NotAllowed` as :func:`set_blind_rule` does, or :class:`WrongState` if it holds no more.
    """
    if not BlindRule.objects.in_force().filter(pk=rule.pk).exists():
        raise WrongState(_("This rule has ended already"))
    return set_blind_rule(by=by, is_on=False, user=rule.user, study=rule.study, fraction=rule.fraction)
