"""What waits for a second person: its states, and that a decision is made once."""

from __future__ import annotations

import pytest

from reporting.core.two_people import PROPOSAL_TRANSITIONS, ProposalStatus

ALLOWED = {("proposed", "active"), ("proposed", "declined"), ("active", "retired")}


@pytest.mark.parametrize("now", ProposalStatus)
@pytest.mark.parametrize("then", ProposalStatus)
def test_each_cell_of_the_state_table(now: ProposalStatus, then: ProposalStatus) -> None:
    assert PROPOSAL_TRANSITIONS.allows(now, then) == ((now.value, then.value) in ALLOWED)
