"""A researcher designs a study page by page, with nothing but forms, and locks it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from reporting.accounts.models import Role, User
from reporting.reader_studies import services
from reporting.reader_studies.models import ReaderStudy
from reporting.reader_studies.words import Scale, StudyRole, StudyStatus
from tests.reader_studies.factories import in_design, locked, owner_of, pretend_copied, ready
from tests.reports.factories import make_user, signed_report

pytestmark = pytest.mark.django_db


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _send(client: Client, study: ReaderStudy, step: str, values: dict[str, Any] | None = None) -> Any:
    study.refresh_from_db()
    address = reverse("reader_studies:design", args=[study.pk, step])
    return client.post(address, {"version": study.version, **(values or {})})


def _shown(client: Client, study: ReaderStudy, step: str, **query: Any) -> str:
    answer = client.get(reverse("reader_studies:design", args=[study.pk, step]), query)
    assert answer.status_code == 200
    return answer.content.decode()


FINDINGS = {
    "findings-TOTAL_FORMS": "2",
    "findings-INITIAL_FORMS": "0",
    "findings-0-key": "canal",
    "findings-0-label": "Canal narrowing",
    "findings-0-scale": "ordinal",
    "findings-0-levels": "C4/5, C5/6",
    "findings-0-grades": "none; mild; severe",
    "findings-0-positive_from": "2",
}


def test_from_title_to_lock() -> None:
    researcher, readers = make_user(Role.RESEARCHER), [make_user(Role.READER) for _ in range(2)]
    reports = [signed_report(make_user(Role.SENIOR)) for _ in range(2)]
    job = reports[0].job
    assert job is not None
    type(job.algorithm).objects.update(status="active")
    client = _client(researcher)
    begun = client.post(reverse("reader_studies:create"), {"title": "With and without"})
    study = ReaderStudy.objects.get()
    assert begun.headers["Location"] == reverse("reader_studies:design", args=[study.pk, "words"])
    _send(client, study, "words", {"title": "With and without", "question": "Do they see more?", "stopping_rule": ""})
    assert _send(client, study, "findings", FINDINGS).status_code == 302
    finding = study.findings.get()
    assert (finding.scale, finding.levels, finding.grades) == (
        Scale.ORDINAL,
        ["C4/5", "C5/6"],
        ["none", "mild", "severe"],
    )
    page = _shown(client, study, "cases")
    assert page.count('name="study"') == 2
    _send(client, study, "cases", {"study": [str(one.study_id) for one in reports], "stratum": "positive"})
    assert set(study.cases.values_list("stratum", flat=True)) == {"positive"}
    pretend_copied(study)
    for reader in readers:
        _send(client, study, "people", {"username": reader.username, "role": "reader", "experience_years": "7"})
    order = {"design": "fully_crossed", "algorithm": job.algorithm_id, "washout_days": "28", "block_size": "0"}
    _send(client, study, "arms", {**order, "reader_groups": "2", "arms": ["unaided", "aided"]})
    assert "Difference between readers" in _shown(client, study, "check")
    _send(client, study, "check")
    study.refresh_from_db()
    assert study.status == StudyStatus.RUNNING
    assert study.protocols.get().digest in _shown(client, study, "check")


def test_the_check_page_says_why_a_study_cannot_start_and_offers_no_lock() -> None:
    study = in_design()
    client = _client(owner_of(study))
    page = _shown(client, study, "check")
    assert "The question is not written down" in page
    assert ">Lock<" not in page.replace("\n", "").replace(" ", "")
    assert "cannot start yet" in _send(client, study, "check").content.decode()


def test_candidates_show_no_name_number_or_date() -> None:
    study = in_design()
    report = signed_report(make_user(Role.SENIOR))
    page = _shown(_client(owner_of(study)), study, "cases")
    clinical = report.study
    assert "50–59" in page
    words = re.sub(r"<[^>]*>", " ", page)  # tokens and keys in attributes hold any two digits
    for secret in ("Zhang", clinical.patient.patient_id, clinical.accession_number, clinical.study_instance_uid):
        assert not re.search(rf"\b{re.escape(secret)}\b", page)  # tokens hold any two letters
    assert not re.search(r"\b54\b", words)


def test_candidates_are_filtered_by_sex_and_age() -> None:
    study = in_design()
    signed_report(make_user(Role.SENIOR))  # a woman of 54 years
    client = _client(owner_of(study))
    for query, number in (({"sex": "F"}, 1), ({"sex": "M"}, 0), ({"youngest": 55}, 0), ({"oldest": 54}, 1)):
        assert _shown(client, study, "cases", **query).count('name="study"') == number


def test_what_was_typed_stays_when_a_scale_makes_no_sense() -> None:
    study = in_design()
    answer = _send(_client(owner_of(study)), study, "findings", {**FINDINGS, "findings-0-grades": "only one"})
    assert answer.status_code == 422
    assert "two grades or more" in answer.content.decode()
    assert "only one" in answer.content.decode()
    assert not study.findings.exists()


def test_a_page_of_an_older_version_changes_nothing_and_says_so() -> None:
    study = in_design()
    client = _client(owner_of(study))
    services.describe_study(study, {"title": "Newer"}, by=owner_of(study), expected_version=1)
    address = reverse("reader_studies:design", args=[study.pk, "words"])
    answer = client.post(address, {"version": 1, "title": "Older"})
    assert "Somebody else changed" in answer.content.decode()
    study.refresh_from_db()
    assert study.title == "Newer"
    assert client.post(address, {"title": "Older"}).status_code == 428


@pytest.mark.parametrize("values", [{"study": "x"}, {"act": "remove", "case": "x"}])
def test_a_key_that_is_none_is_refused(values: dict[str, str]) -> None:
    study = in_design()
    answer = _send(_client(owner_of(study)), study, "cases", values)
    assert answer.status_code == 422
    assert "no such case" in answer.content.decode()


def test_a_coordinator_sees_the_design_and_changes_nothing_and_a_reader_sees_none_of_it() -> None:
    study = ready()
    coordinator, owner = make_user(Role.RESEARCHER), owner_of(study)
    services.add_member(study, coordinator, StudyRole.COORDINATOR, by=owner, expected_version=study.version)
    assert "Save and go on" not in _shown(_client(coordinator), study, "words")
    assert _send(_client(coordinator), study, "words", {"title": "Mine"}).status_code == 403
    reading = locked()
    reader = reading.readers.all()[0].member.user
    address = reverse("reader_studies:design", args=[reading.pk, "words"])
    assert _client(reader).get(address).status_code == 403
    listed = _client(reader).get(reverse("reader_studies:list")).content.decode()
    assert reading.title in listed
    assert address not in listed


def test_who_analyses_a_study_does_not_learn_who_reads_in_it() -> None:
    study = in_design()
    owner, statistician = owner_of(study), make_user(Role.RESEARCHER)
    reader = make_user(Role.READER)
    for user, role in ((statistician, StudyRole.STATISTICIAN), (reader, StudyRole.READER)):
        study.refresh_from_db()
        services.add_member(study, user, role, by=owner, expected_version=study.version)
    client = _client(statistician)
    assert client.get(reverse("reader_studies:design", args=[study.pk, "people"])).status_code == 403
    for step in ("words", "findings", "cases", "arms", "power", "check"):
        page = _shown(client, study, step)
        assert reader.username not in page
        assert reader.full_name not in page
        assert reverse("reader_studies:design", args=[study.pk, "people"]) not in page
    assert reader.username in _shown(_client(owner), study, "people")
