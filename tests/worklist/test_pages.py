"""The list as a page: addresses without patients, answers without work, acts that come back to the same list."""

from __future__ import annotations

import logging

import pytest
from django.urls import reverse

from reporting.accounts.models import Role, User
from reporting.predictions.models import JobStatus
from reporting.reports import services
from reporting.reports.house_rules import HouseRules
from reporting.reports.models import Report
from reporting.studies.models import Study
from reporting.worklist.models import WorklistView
from tests.factories import make_job, make_study, make_user
from tests.reports.factories import complete, make_draft
from tests.worklist.conftest import logged_in

pytestmark = pytest.mark.django_db
LIST = "/?status=open"


def test_a_name_searched_for_stands_in_no_address_and_no_log(senior: User, caplog: pytest.LogCaptureFixture) -> None:
    found, other = make_study(), make_study()
    found.patient.name = "Zhang^Wei=张^伟"
    found.patient.save()
    client = logged_in(senior)
    with caplog.at_level(logging.DEBUG):
        answer = client.post(reverse("worklist:search"), {"words": "张伟", "query": "status=open&assigned=nobody"})
        address = answer["Location"]
        page = client.get(address).content.decode()
    assert "status=all&assigned=nobody&search=" in address
    assert "张" not in address
    assert "%" not in address
    assert "张" not in caplog.text
    assert f"study-{found.pk}" in page
    assert f"study-{other.pk}" not in page
    # The token is worth nothing in another session, and the page says so instead of showing everything as found.
    elsewhere = logged_in(senior).get(address).content.decode()
    assert "no longer kept" in elsewhere
    over = client.post(reverse("worklist:search"), {"words": " ", "query": address.partition("?")[2]})
    assert over["Location"] == "/?status=all&assigned=nobody"


def test_an_address_is_made_plain(senior: User) -> None:
    client = logged_in(senior)
    assert client.get("/").status_code == 200
    answer = client.get("/?status=open&assigned=&machine=&days=nonsense&other=1")
    assert (answer.status_code, answer["Location"]) == (302, LIST)
    assert client.get(LIST).status_code == 200


def test_the_default_view_opens_first(senior: User) -> None:
    client = logged_in(senior)
    save = {"name": "Drafts", "query": "status=draft", "is_default": "on"}
    assert client.post(reverse("worklist:save_view"), save)["Location"] == "/?status=draft"
    assert client.get("/")["Location"] == "/?status=draft"
    page = client.get("/?status=draft").content.decode()
    assert "Drafts" in page
    view = WorklistView.objects.get()
    act = reverse("worklist:change_view", args=[view.pk])
    client.post(act, {"act": "no-default", "query": "status=draft"})
    assert client.get("/").status_code == 200
    deleted = client.post(act, {"act": "delete", "query": "status=open"}, follow=True)
    assert not WorklistView.objects.exists()
    assert deleted.redirect_chain[-1][0] == "/?status=draft"  # so that it can be kept again
    assert "The view “Drafts” is deleted" in deleted.content.decode()


def test_a_page_that_asks_again_gets_rows_only_when_something_changed(senior: User) -> None:
    study = make_study()
    client = logged_in(senior)
    rows = reverse("worklist:rows") + "?status=open"
    first = client.get(rows)
    assert f"study-{study.pk}" in first.content.decode()
    same = client.get(rows, headers={"If-None-Match": first["ETag"]})
    assert (same.status_code, same.content) == (304, b"")
    changes = (
        lambda: make_job(study),
        lambda: Report.objects.exists() or make_study(),
        lambda: Study.objects.filter(pk=study.pk).update(description="MR neck"),
    )
    for change in changes:
        change()
        again = client.get(rows, headers={"If-None-Match": first["ETag"]})
        assert again.status_code == 200
        first = again
    assert "MR neck" in first.content.decode()
    # Another reader, another language, another filter: another tag.
    assert logged_in(make_user(Role.SENIOR)).get(rows)["ETag"] != first["ETag"]
    assert client.get(rows, headers={"Accept-Language": "zh-hans"})["ETag"] != first["ETag"]
    assert client.get(reverse("worklist:rows") + "?status=all")["ETag"] != first["ETag"]


def test_rows_hold_no_token_so_that_equal_rows_are_equal(senior: User) -> None:
    make_study()
    client = logged_in(senior)
    pages = {client.get(reverse("worklist:rows") + "?status=open").content for _ in range(2)}
    assert len(pages) == 1


def test_each_view_says_how_many_it_holds(senior: User) -> None:
    for _ in range(3):
        make_study()
    make_job(status=JobStatus.FAILED)
    client = logged_in(senior)
    page = client.get(LIST).content.decode()
    counts = [part.split("<")[0] for part in page.split("data-view-count>")[1:]]
    assert counts == ["4", "0", "0", "0", "0", "1"]


def test_nothing_to_verify_without_a_preliminary_step_but_what_waits(senior: User, junior: User) -> None:
    def has_tab() -> bool:
        return "?status=preliminary" in logged_in(senior).get(LIST).content.decode()

    report = make_draft()
    complete(report, junior)
    digest = services.preview(report).digest
    services.approve_preliminary(report, by=junior, expected_version=report.version, content_digest=digest)
    proposal = services.propose_house_rules(HouseRules(preliminary_step=False), reason="one step", by=senior)
    services.activate_house_rules(proposal, by=make_user(Role.AUDITOR))
    assert has_tab()
    services.reopen_report(report, by=senior, expected_version=report.version)
    assert not has_tab()
    again = services.propose_house_rules(HouseRules(), reason="two steps", by=senior)
    services.activate_house_rules(again, by=make_user(Role.AUDITOR))
    assert has_tab()


def test_selected_studies_are_given_to_one_reader(senior: User, junior: User) -> None:
    first, second = make_study(), make_study()
    client = logged_in(senior)
    Study.objects.filter(pk=second.pk).update(assignment_version=2)
    chosen = [f"{first.pk}@1", f"{second.pk}@1", "nonsense"]
    body = {"study": chosen, "to": str(junior.pk), "query": "status=open"}
    answer = client.post(reverse("worklist:assign"), body, follow=True)
    said = [str(message) for message in answer.context["messages"]]
    assert said == [
        "Somebody else has assigned this study meanwhile: to nobody. Nothing was changed.",
        "1 study was assigned.",
    ]
    assert Study.objects.get(pk=first.pk).assigned_to == junior
    assert Study.objects.get(pk=second.pk).assigned_to is None
    answer = client.post(reverse("worklist:assign"), {"study": [f"{first.pk}@2"], "to": "", "query": ""}, follow=True)
    assert [str(message) for message in answer.context["messages"]] == ["1 study is nobody's now."]
    assert Study.objects.get(pk=first.pk).assigned_to is None


def test_who_may_not_assign_is_not_offered_it(junior: User) -> None:
    make_study()
    client = logged_in(junior)
    page = client.get(LIST).content.decode()
    assert "data-select" not in page.replace("data-selected", "")
    assert client.post(reverse("worklist:assign"), {"to": ""}).status_code == 403


def test_suspicion_is_named_only_in_the_list_ordered_by_it(senior: User) -> None:
    job = make_job(status=JobStatus.SUCCEEDED, result={"gate": {"status": "run"}})
    job.predictions.create(finding="slip", level="C4", probability=0.9, threshold=0.5, positive=True)
    client = logged_in(senior)
    assert "slip suspected</span>" not in client.get(LIST).content.decode()
    client.post(reverse("worklist:order"), {"on": "1", "query": "status=open"})
    assert "slip suspected</span>" in client.get(LIST).content.decode()
    assert "slip suspected</span>" not in client.get("/?status=all").content.decode()


def test_those_who_read_no_studies_land_on_a_page_of_theirs() -> None:
    home = reverse("reports:home")
    for role, says in (
        (Role.RESEARCHER, "Algorithms"),
        (Role.READER, "Nothing is waiting"),
        (Role.ADMIN, "Accounts"),
    ):
        client = logged_in(make_user(role))
        assert client.get("/")["Location"] == home
        page = client.get(home)
        assert page.status_code == 200
        assert says in page.content.decode()
    assert logged_in(make_user(Role.JUNIOR)).get(home)["Location"] == "/"
