"""New weights under an old demonstration: its own senior proposes them and its own auditor activates them.

On a site these are two people; here the accounts act one after the other, through the same services and the same check.
"""

from __future__ import annotations

from collections.abc import Callable

from reporting.accounts.demo import create_demo_users
from reporting.accounts.models import Role
from reporting.core.errors import WrongState
from reporting.predictions.models import Algorithm, AlgorithmKind, AlgorithmStatus
from reporting.predictions.services import activate_algorithm, decline_algorithm, propose_algorithm

RunCases = Callable[[Algorithm], object]


def activate_new_weights(run_cases: RunCases, say: Callable[[str], None]) -> None:
    """Where the newest built-in version is registered only, propose it, run the frozen cases, and activate it."""
    newest = Algorithm.objects.filter(kind=AlgorithmKind.BUILT_IN).order_by("-created_at").first()
    if newest is None or newest.status != AlgorithmStatus.REGISTERED:
        return
    people = {user.role: user for user, _password in create_demo_users()}
    senior, auditor = people[Role.SENIOR], people[Role.AUDITOR]
    say(f"New weights {newest.weights_sha256[:12]}: proposed by {senior.full_name}; running the frozen cases")
    propose_algorithm(newest, reason="The weights of this version of the program", by=senior)
    run_cases(newest)
    try:
        activate_algorithm(newest, by=auditor)
    except WrongState as refusal:
        say(f"Not activated: {refusal.message}. The earlier weights stay active")
        decline_algorithm(newest, reason=refusal.message, by=auditor)
    else:
        say(f"Activated by {auditor.full_name}")
