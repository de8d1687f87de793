"""The report over HTTP, from draft to signature, against the version one saw; and what it answers otherwise."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from reporting.accounts.models import LoginAttempt, Role, User
from reporting.audit_trail.acts import AuditAct
from reporting.audit_trail.models import AuditEvent
from reporting.audit_trail.services import verify_chain
from reporting.reports.models import Report, ReportVersion
from reporting.studies.models import SopInstance
from tests.reports.factories import PASSWORD, complete, make_draft, make_study, make_user, signed_report

pytestmark = pytest.mark.django_db


class Api:
    """One person's client, sending what a browser would."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.client = Client()
        self.client.force_login(user)

    def get(self, path: str, **query: str) -> Any:
        return self.client.get(f"/api/{path}", query)

    def post(
        self, path: str, body: Any = None, *, version: int | str | None = None, once: str = "", page: bool = False
    ) -> Any:
        headers = {} if version is None else {"If-Match": f'"{version}"'}
        if once:
            headers["Idempotency-Key"] = once
        return self.client.post(
            f"/{'' if page else 'api/'}{path}", body or {}, content_type="application/json", headers=headers
        )


def _code(response: Any) -> str:
    return str(response.json()["error"]["code"])


@pytest.fixture
def junior() -> Api:
    return Api(make_user(Role.JUNIOR))


@pytest.fixture
def senior() -> Api:
    return Api(make_user(Role.SENIOR))


def _ready_to_sign(by: User) -> Report:
    report = make_draft()
    complete(report, by)
    report.refresh_from_db()
    return report


def _digest(api: Api, report: Report) -> str:
    return str(api.get(f"reports/{report.pk}/").json()["content_digest"])


def test_from_draft_to_signature_and_addendum(junior: Api, senior: Api) -> None:
    report = make_draft()
    path = f"reports/{report.pk}/"
    seen = junior.get(path)
    assert seen["ETag"] == '"1"'
    assert {finding["state"] for finding in seen.json()["findings"]} <= {"ai_suggested", "unset"}
    refused = junior.post(f"{path}findings/accept/", {"place": "disc_class@C5/6"}, version=1)
    assert (refused.status_code, _code(refused)) == (409, "wrong_state")
    levels = junior.post(f"{path}confirm-levels/", version=1)
    assert (levels.status_code, levels["ETag"], levels.json()["version"]) == (200, '"2"', 2)
    accepted = junior.post(f"{path}findings/accept/", {"place": "disc_class@C5/6", "with_details": True}, version=2)
    assert accepted.json()["finding"]["state"] == "human_confirmed"
    complete(Report.objects.get(pk=report.pk), junior.user)
    version = Report.objects.get(pk=report.pk).version
    approved = junior.post(f"{path}approve-preliminary/", {"content_digest": _digest(junior, report)}, version=version)
    assert approved.json()["status"] == "preliminary"
    body = {"content_digest": _digest(senior, report), "password": PASSWORD}
    signed = senior.post(f"{path}sign/", body, version=approved.json()["version"])
    assert signed.status_code == 200
    assert signed.json()["signed"]["signature"]["signer_name"] == senior.user.full_name
    added = senior.post(
        f"{path}addendum/", {"text": "Compared.", "password": PASSWORD}, version=signed.json()["version"]
    )
    assert added.json()["signed"]["kind"] == "addendum"
    versions = junior.get(f"{path}versions/").json()
    assert [version["kind"] for version in versions] == ["preliminary", "final", "addendum"]
    final = junior.get(f"{path}versions/2/").json()
    assert final["sha256"] == versions[1]["sha256"]
    assert "herniation" in final["text_en"]


def test_a_change_must_say_which_version_it_saw(junior: Api) -> None:
    report = make_draft()
    path = f"reports/{report.pk}/findings/change/"
    body = {"place": "lordosis", "value": "straightened"}
    assert _code(junior.post(path, body)) == "version_required"
    assert junior.post(path, body).status_code == 428
    assert junior.post(path, body, version="x").status_code == 400
    assert junior.post(path, body, version=1).status_code == 200
    stale = junior.post(path, {**body, "value": "reversed"}, version=1)
    assert (stale.status_code, _code(stale)) == (412, "stale_version")
    details = stale.json()["error"]["details"]
    assert details["version"] == 2
    assert [change["key"] for change in details["changes"]] == ["lordosis"]


@pytest.mark.parametrize(
    ("act", "body"),
    [
        ("findings/change", {"place": "lordosis", "value": "sideways"}),
        ("findings/change", {"place": "lordosis", "value": {"deep": ["json"]}}),
        ("findings/change", {"place": "no_such_field", "value": "x"}),
        ("findings/change", {"place": "disc_class@C1/2", "value": "normal"}),
        ("findings/change", {"place": "lordosis@C5/6", "value": "straightened"}),
        ("findings/change", {"place": "'; DROP TABLE", "value": "x"}),
        ("findings/change", {"place": "comment_other", "value": "nul \u0000 inside"}),
        ("findings/change", {"place": "lordosis"}),
        ("findings/change", {"place": "pll_mm@C4/5", "value": 10**400}),
        ("findings/change", {"place": "pll_mm@C4/5", "value": -(10**400)}),
        ("findings/change", {"place": "pll_mm@C4/5", "value": True}),
        ("findings/change", {"place": "pll_mm@C4/5#99999999999999999999", "value": 1}),
        ("findings/change", {"place": "comment_other", "value": "half a character \ud800"}),
        ("findings/change", {"place": "endplate_upper@C4", "value": [{}]}),
        ("findings/change", [1, 2]),
        ("findings/accept", {}),
        ("relabel", {}),
        ("relabel", {"shift": 1, "mapping": {}}),
        ("relabel", {"shift": 99}),
        ("relabel", {"mapping": {"C4": "C5", "C5": "C4"}}),
        ("answer", {"code": "x", "fingerprint": "y", "answer": "perhaps"}),
        ("confirm-rest", {"seconds": "NaN"}),
        ("confirm-rest", {"seconds": 10**400}),
        ("approve-preliminary", {}),
    ],
)
def test_nonsense_is_400_and_changes_nothing(junior: Api, act: str, body: Any) -> None:
    report = make_draft()
    response = junior.post(f"reports/{report.pk}/{act}/", body, version=1)
    assert response.status_code == 400
    assert _code(response) == "invalid_input"
    report.refresh_from_db()
    assert report.version == 1


def test_a_zero_with_a_sign_breaks_neither_number_nor_trail(junior: Api) -> None:
    report = make_draft()
    body = {"place": "pll_mm@C4/5", "value": -0.0}
    assert (
        str(junior.post(f"reports/{report.pk}/findings/change/", body, version=1).json()["finding"]["value"]) == "0.0"
    )
    junior.post(f"reports/{report.pk}/confirm-levels/", version=2)
    assert junior.post(f"reports/{report.pk}/confirm-rest/", {"seconds": -0.0}, version=3).status_code == 200
    assert verify_chain() is None


def test_an_incomplete_report_is_422_with_every_problem(senior: Api) -> None:
    report = make_draft()
    body = {"content_digest": _digest(senior, report), "password": PASSWORD}
    response = senior.post(f"reports/{report.pk}/sign/", body, version=1)
    assert (response.status_code, _code(response)) == (422, "incomplete")
    codes = {problem["code"] for problem in response.json()["error"]["details"]["problems"]}
    assert "levels_not_confirmed" in codes
    assert {problem["code"] for problem in senior.get(f"reports/{report.pk}/problems/").json()["problems"]} >= codes


def test_signing_what_was_not_shown_is_412(senior: Api) -> None:
    report = _ready_to_sign(senior.user)
    body = {"content_digest": "0" * 64, "password": PASSWORD}
    assert senior.post(f"reports/{report.pk}/sign/", body, version=report.version).status_code == 412


def test_signing_needs_the_password_and_guessing_is_counted_even_with_a_key(senior: Api) -> None:
    report = _ready_to_sign(senior.user)
    body = {"content_digest": _digest(senior, report), "password": "wrong wrong wrong"}
    path = f"reports/{report.pk}/sign/"
    assert _code(senior.post(path, {**body, "password": ""}, version=report.version, page=True)) == "wrong_password"
    statuses = [
        senior.post(path, body, version=report.version, once=f"key-number-{number}").status_code for number in range(5)
    ]
    assert statuses == [403] * 4 + [429]
    assert LoginAttempt.objects.count() == 5
    assert AuditEvent.objects.filter(act=AuditAct.SIGNATURE_REFUSED).count() == 5
    report.refresh_from_db()
    assert report.status == "draft"


def test_the_page_may_rely_on_a_password_given_a_moment_ago_in_the_same_session(senior: Api, settings: Any) -> None:
    first, second = _ready_to_sign(senior.user), _ready_to_sign(senior.user)
    body = {"content_digest": _digest(senior, first), "password": PASSWORD}
    assert senior.post(f"reports/{first.pk}/sign/", body, version=first.version).status_code == 200
    again = {"content_digest": _digest(senior, second), "password": ""}
    path, version = f"reports/{second.pk}/sign/", second.version
    elsewhere = Api(senior.user)
    assert elsewhere.post(path, again, version=version, page=True).status_code == 403
    settings.SIGNING_PASSWORD_VALID_S = -1
    assert senior.post(path, again, version=version, page=True).status_code == 403
    settings.SIGNING_PASSWORD_VALID_S = 300
    assert senior.post(path, again, version=version, page=True).status_code == 200


@pytest.mark.parametrize("act", ["sign", "addendum", "withdraw"])
@pytest.mark.parametrize("given", [{}, {"password": ""}])
def test_over_the_api_every_signature_carries_its_password(senior: Api, act: str, given: dict[str, str]) -> None:
    report = signed_report(senior.user) if act != "sign" else _ready_to_sign(senior.user)
    recent = _ready_to_sign(senior.user)
    body = {"content_digest": _digest(senior, recent), "password": PASSWORD}
    assert senior.post(f"reports/{recent.pk}/sign/", body, version=recent.version).status_code == 200
    body = {"content_digest": _digest(senior, report), "text": "Compared.", "reason": "wrong patient", **given}
    refused = senior.post(f"reports/{report.pk}/{act}/", body, version=report.version)
    assert (refused.status_code, _code(refused)) == (400, "invalid_input")
    assert senior.post(f"reports/{report.pk}/{act}/", body, version=report.version, page=True).status_code == 200


def test_a_repeated_signature_is_one_signature(senior: Api) -> None:
    report = _ready_to_sign(senior.user)
    body = {"content_digest": _digest(senior, report), "password": PASSWORD}
    path = f"reports/{report.pk}/sign/"
    first = senior.post(path, body, version=report.version, once="sign-once-1")
    again = senior.post(path, body, version=report.version, once="sign-once-1")
    assert first.status_code == again.status_code == 200
    assert (first.json(), first["ETag"]) == (again.json(), again["ETag"])
    assert ReportVersion.objects.filter(report=report, kind="final").count() == 1
    assert senior.post(path, body, version=report.version).status_code == 412


@pytest.mark.django_db(transaction=True)
def test_four_signatures_at_once_are_one(senior: Api) -> None:
    report = _ready_to_sign(senior.user)
    body = {"content_digest": _digest(senior, report), "password": PASSWORD}

    def sign(number: int) -> int:
        try:
            api = Api(senior.user)
            once = "the-same-key" if number % 2 else f"another-{number}"
            return int(api.post(f"reports/{report.pk}/sign/", body, version=report.version, once=once).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(sign, range(4)))
    assert set(statuses) <= {200, 412}
    assert statuses.count(200) in {1, 2}
    assert ReportVersion.objects.filter(report=report, kind="final").count() == 1


def test_fields_that_are_not_the_clients_are_ignored(junior: Api) -> None:
    stranger = make_user(Role.SENIOR)
    study = make_study()
    body = {
        "study": str(study.pk),
        "status": "final",
        "version": 99,
        "author": str(stranger.pk),
        "signed_by": str(stranger.pk),
        "template": "x",
    }
    created = junior.post("reports/", body)
    assert created.status_code == 201
    report = Report.objects.get(pk=created.json()["id"])
    assert (report.status, report.version, report.author) == ("draft", 1, junior.user)
    change = {
        "place": "lordosis",
        "value": "straightened",
        "state": "ai_suggested",
        "set_by": str(stranger.pk),
        "report": str(make_draft().pk),
        "status": "final",
        "by": str(stranger.pk),
        "expected_version": 99,
    }
    changed = junior.post(f"reports/{report.pk}/findings/change/", change, version=1)
    assert changed.json()["finding"]["set_by"] == str(junior.user.pk)
    assert changed.json()["finding"]["state"] == "human_confirmed"
    assert changed.json()["status"] == "draft"


def test_a_second_report_of_a_study_is_409_and_names_the_first(junior: Api) -> None:
    report = make_draft()
    response = junior.post("reports/", {"study": str(report.study_id)})
    assert response.status_code == 409
    assert response.json()["error"]["details"]["report"] == str(report.pk)


def test_a_junior_cannot_do_what_a_senior_does(junior: Api) -> None:
    report = _ready_to_sign(junior.user)
    for act, body in [
        ("sign", {"content_digest": _digest(junior, report), "password": PASSWORD}),
        ("reopen", {}),
        ("withdraw", {"reason": "x", "password": PASSWORD}),
        ("discard", {"reason": "x"}),
        ("addendum", {"text": "x", "password": PASSWORD}),
    ]:
        response = junior.post(f"reports/{report.pk}/{act}/", body, version=report.version)
        assert (response.status_code, _code(response)) == (403, "not_allowed"), act
    assert AuditEvent.objects.filter(act=AuditAct.ACCESS_DENIED, actor=junior.user).count() == 5


def test_relabelling_moves_values_and_asks_for_the_levels_again(junior: Api) -> None:
    report = make_draft()
    path = f"reports/{report.pk}/"
    junior.post(f"{path}confirm-levels/", version=1)
    moved = junior.post(f"{path}relabel/", {"shift": -1}, version=2)
    assert moved.status_code == 200
    findings = {finding["place"]: finding for finding in junior.get(path).json()["findings"]}
    assert findings["disc_class@C4/5"]["machine"]["value"] == "herniation"
    assert findings["level_status"]["state"] == "unset"


def test_the_prose_is_in_both_languages(junior: Api) -> None:
    report = _ready_to_sign(junior.user)
    prose = junior.get(f"reports/{report.pk}/narrative/").json()
    assert "C5/6" in prose["en"]["findings"]
    assert "突出" in prose["zh"]["findings"]


def test_a_version_whose_bytes_were_changed_is_not_shown(senior: Api) -> None:
    report = _ready_to_sign(senior.user)
    body = {"content_digest": _digest(senior, report), "password": PASSWORD}
    senior.post(f"reports/{report.pk}/sign/", body, version=report.version)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE reports_reportversion SET text_en = text_en || ' '")
        cursor.execute("SET session_replication_role = DEFAULT")
    response = senior.get(f"reports/{report.pk}/versions/1/")
    assert (response.status_code, _code(response)) == (409, "wrong_state")
    assert senior.get(f"reports/{report.pk}/versions/1/export/text/").status_code == 409


def test_a_signed_report_leaves_as_a_file_named_by_our_ids(senior: Api) -> None:
    report = _ready_to_sign(senior.user)
    body = {"content_digest": _digest(senior, report), "password": PASSWORD}
    senior.post(f"reports/{report.pk}/sign/", body, version=report.version)
    path = f"/api/reports/{report.pk}/versions/1/export"
    text = senior.client.get(f"{path}/text/", headers={"Accept": "text/plain"})
    assert (text.status_code, text["Content-Type"]) == (200, "text/plain; charset=utf-8")
    assert text["Content-Disposition"] == f'attachment; filename="report-{report.pk}-v1.txt"'
    assert senior.client.get(f"{path}/json/").content.decode() == report.versions.get().content
    assert senior.client.get(f"{path}/xml/").status_code == 404
    assert AuditEvent.objects.filter(act=AuditAct.REPORT_EXPORTED, object_id=str(report.pk)).count() == 2


def test_a_draft_leaves_marked_as_not_signed(junior: Api) -> None:
    report = make_draft()
    draft = junior.client.get(f"/api/reports/{report.pk}/draft-export/text/")
    assert draft.status_code == 200
    assert "DRAFT" in draft.content.decode().upper()


def test_every_way_to_read_a_report_is_written_down(senior: Api) -> None:
    report = signed_report(senior.user)
    for path, act in (
        ("", "report.opened"),
        ("narrative/", "report.opened"),
        ("versions/1/", "report.opened"),
        ("versions/1/export/text/", "report.exported"),
        ("draft-export/text/", "report.exported"),
        ("key-slices/", "study.opened"),
    ):
        before = AuditEvent.objects.count()
        assert senior.get(f"reports/{report.pk}/{path}").status_code == 200, path
        (event,) = AuditEvent.objects.order_by("sequence")[before:]
        assert (event.act, event.actor_id) == (act, senior.user.pk), path


def test_the_template_of_a_report_can_be_read(junior: Api) -> None:
    report = make_draft()
    version = junior.get(f"reports/{report.pk}/").json()["template_version"]
    fields = {field["key"]: field for field in junior.get(f"report-templates/{version}/").json()["fields"]}
    assert "C5/6" in fields["disc_class"]["levels"]
    assert junior.get("report-templates/none/").status_code == 404


def test_the_slice_of_each_level_is_told_under_the_readers_name_for_it(junior: Api) -> None:
    report = make_draft(levels=[])
    assert junior.get(f"reports/{report.pk}/key-slices/").json() == {"levels": [], "stacks": []}
    assert report.job is not None
    place = {"kind": "disc", "status": "named", "center_lps_mm": [1.0, 2.0, 3.0]}
    uid = SopInstance.objects.create(
        series=report.study.series_set.get(role="axial_t2"), sop_instance_uid="1.2.3.4", sha256="0" * 64, size_bytes=1
    )
    level = {"name": "C5/6", **place, "index_slice": {"sop_instance_uid": "1.2.3.4", "frame_number": None}}
    report.job.result["levels"] = [level]
    report.job.save()
    junior.post(f"reports/{report.pk}/relabel/", {"shift": 1}, version=report.version)
    (told,) = junior.get(f"reports/{report.pk}/key-slices/").json()["levels"]
    assert (told["structure"], told["name"], told["center_lps_mm"]) == ("C5/6", "C6/7", [1.0, 2.0, 3.0])
    assert told["axial"] == {"instance": str(uid.pk), "frame": 1}


def test_a_picture_that_cannot_be_is_refused_in_the_one_shape(junior: Api) -> None:
    report = make_draft()
    instance = SopInstance.objects.create(
        series=report.study.series_set.get(role="axial_t2"), sop_instance_uid="1.2.3.4", sha256="0" * 64, size_bytes=1
    )
    path = f"reports/{report.pk}/images/{instance.pk}/1.png"
    assert _code(junior.get(path, side="9999")) == "invalid_input"
    assert _code(junior.get(path)) == "picture_unavailable"
    assert junior.get(f"reports/{report.pk}/images/{report.pk}/1.png").status_code == 404


def test_the_list_can_be_narrowed(junior: Api) -> None:
    mine, other = make_draft(), make_draft()
    junior.post(f"reports/{mine.pk}/confirm-levels/", version=1)
    listed = {report["id"] for report in junior.get("reports/", mine="true", status="draft").json()["results"]}
    assert listed == {str(mine.pk)}
    by_study = junior.get("reports/", study=str(other.study_id)).json()["results"]
    assert [report["id"] for report in by_study] == [str(other.pk)]
    assert junior.get("reports/", status="secret").status_code == 400
