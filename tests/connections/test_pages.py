"""An administrator connects a site from the pages, sees what hangs and sets it going again; nobody sees a patient."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client

from reporting.accounts.models import Role
from reporting.audit_trail.models import AuditEvent
from reporting.connections import words
from reporting.core.dicom_address import Called
from reporting.dicom_network.known_archives import add_archive
from reporting.dicom_network.models import Archive, Peer
from reporting.orders.intake import take
from reporting.orders.models import InboundMessage, MessageSender
from reporting.orders.senders import Calling, add_sender
from reporting.outbound.destinations import Where, add_destination
from reporting.outbound.models import Delivery, Destination, Form, Kind
from tests.factories import make_user
from tests.orders.messages import message, order, patient
from tests.outbound.hl7_receiver import hl7_receiver
from tests.paths import REPOSITORY

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(make_user(Role.ADMIN))
    return client


@pytest.fixture
def ehr() -> Destination:
    return add_destination("EHR", Where(Kind.FHIR, "127.0.0.1", 1, (Form.FHIR_R4,)), by=None)


def given_up(place: Destination) -> Delivery:
    return Delivery.objects.create(
        destination=place,
        form=Form.FHIR_R4,
        report=uuid4(),
        subject=uuid4(),
        dedup_key=uuid4().hex,
        status="parked",
        fault="status_422",
    )


DESTINATIONS = [
    ("dicom", {"ae_title": "ARCHIVE", "forms": ["dicom_sr"]}),
    ("mllp", {"application": "RIS", "charset": "GB 18030-2000", "languages": ["zh"], "forms": ["hl7_oru"]}),
    ("fhir", {"path": "/fhir", "uses_tls": "on", "secret_name": "ehr", "forms": ["fhir_r4", "fhir_r5"]}),
]


@pytest.mark.parametrize(("kind", "more"), DESTINATIONS)
def test_a_destination_is_added_changed_and_switched_off(admin: Client, kind: str, more: dict[str, object]) -> None:
    said = {"name": "X", "host": "pacs.example.org", "port": "104", **more}
    assert admin.post(f"/connections/destinations/add/?kind={kind}", said).status_code == 302
    added = Destination.objects.get()
    assert (added.kind, added.host, added.forms) == (kind, "pacs.example.org", more["forms"])
    page = admin.get(f"/connections/destinations/{added.pk}/").content.decode()
    assert 'value="pacs.example.org"' in page
    said |= {"host": "10.1.2.3", "version": "1"}
    assert admin.post(f"/connections/destinations/{added.pk}/", said).status_code == 302
    changed = Destination.objects.get()
    assert (changed.host, changed.is_active, changed.version) == ("10.1.2.3", False, 2)
    assert "Gets nothing new" in admin.get("/connections/destinations/").content.decode()
    stale = admin.post(f"/connections/destinations/{added.pk}/", said)
    assert "Somebody else has changed this meanwhile" in stale.content.decode()
    acts = AuditEvent.objects.filter(act__startswith="destination.").order_by("sequence").values_list("act", flat=True)
    assert list(acts) == ["destination.added", "destination.changed"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"host": "http://x/"},
        {"host": "a b"},
        {"port": "0"},
        {"path": "/../admin?x"},
        {"path": "fhir"},
        {"secret_name": "../../etc/passwd", "uses_tls": "on"},
        {"secret_name": "token", "uses_tls": ""},
        {"forms": ["dicom_sr"]},
        {"forms": []},
        {"name": ""},
    ],
)
def test_what_makes_no_destination_is_said_on_the_form(admin: Client, wrong: dict[str, object]) -> None:
    said = {"name": "X", "host": "ehr", "port": "443", "forms": ["fhir_r4"], **wrong}
    answer = admin.post("/connections/destinations/add/?kind=fhir", said)
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert not Destination.objects.exists()


def test_a_destination_that_does_not_answer_is_said_with_its_reason(admin: Client, ehr: Destination) -> None:
    answer = admin.post(f"/connections/destinations/{ehr.pk}/ask", follow=True)
    assert "EHR does not answer as it should: Nobody takes connections there." in answer.content.decode()
    assert AuditEvent.objects.get(act="destination.asked").outcome == "failure"


@pytest.mark.parametrize(("language", "said"), [("en", "Test"), ("zh-hans", "测试")])
def test_each_kind_is_tested_by_a_button_of_the_same_name(admin: Client, language: str, said: str) -> None:
    for kind, more in DESTINATIONS:
        added = {"name": kind, "host": "there.example.org", "port": "104", **more}
        assert admin.post(f"/connections/destinations/add/?kind={kind}", added).status_code == 302
    add_archive("PACS", Called("pacs.example.org", 104, "PACS"), by=None)
    admin.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    for tab, count in (("destinations", 3), ("archives", 1)):
        page = admin.get(f"/connections/{tab}/").content.decode()
        assert re.findall(r'aria-label="[^"]*">([^<]*)</button>', page) == [said] * count


@pytest.mark.parametrize(
    ("language", "code", "said"),
    [
        ("en", "AA", "RIS answers."),
        ("en", "AR", "RIS answers, but takes no network queries: AR."),
        ("zh-hans", "AR", "RIS 有应答，但不接受网络查询：AR。"),
    ],
)
def test_a_receiver_of_hl7_is_asked_over_mllp(admin: Client, language: str, code: str, said: str) -> None:
    with hl7_receiver(code) as receiver:
        place = add_destination("RIS", Where(Kind.MLLP, "127.0.0.1", receiver.port, (Form.HL7_ORU,)), by=None)
        admin.cookies[settings.LANGUAGE_COOKIE_NAME] = language
        answer = admin.post(f"/connections/destinations/{place.pk}/ask", follow=True)
    assert said in answer.content.decode()


def test_what_was_given_up_is_found_and_tried_again(admin: Client, ehr: Destination) -> None:
    one, other = given_up(ehr), given_up(ehr)
    listed = admin.get("/connections/?status=parked").content.decode()
    assert "The receiver answered with status 422" in listed
    assert admin.post(f"/connections/deliveries/{one.pk}/retry", {"here": "//evil.example"}).headers["Location"] == (
        "/connections/"
    )
    one.refresh_from_db()
    assert (one.status, one.tries_left) == ("waiting", 12)
    back = admin.post(f"/connections/destinations/{ehr.pk}/retry", {"here": "/connections/?status=parked"})
    assert back.headers["Location"] == "/connections/?status=parked"
    other.refresh_from_db()
    assert other.status == "waiting"
    assert AuditEvent.objects.filter(act="delivery.retried").count() == 2
    again = admin.post(f"/connections/deliveries/{one.pk}/retry", follow=True)
    assert "Only what was given up can be tried again" in again.content.decode()


def test_a_message_that_could_not_be_used_is_seen_without_its_words_and_settled(admin: Client) -> None:
    ris = add_sender("RIS", Calling(["127.0.0.1"]), by=None)
    for number in ("P1", "P2"):
        take(message(patient(number), "ORC|ZZ|O1"), [ris])
    page = admin.get("/connections/messages/").content.decode()
    assert page.count("What should be done with the order (ORC-1) is not known here") == 2
    assert "张" not in page
    assert "P1^" not in page
    first, second = InboundMessage.objects.order_by("created_at")
    tried = admin.post(f"/connections/messages/{first.pk}/retry", follow=True).content.decode()
    assert "It still cannot be used" in tried
    admin.post(f"/connections/messages/{second.pk}/dismiss")
    second.refresh_from_db()
    assert (second.outcome, bytes(second.content)) == ("dismissed", b"")


def test_peers_and_senders_are_added_and_changed(admin: Client) -> None:
    account = make_user(Role.SERVICE)
    said = {"ae_title": "SCANNER", "addresses": "10.1.2.3, 10.1.7.0/24", "received_as": str(account.pk)}
    assert admin.post("/connections/peers/add/", said).status_code == 302
    peer = Peer.objects.get()
    assert peer.addresses == ["10.1.2.3/32", "10.1.7.0/24"]
    admin.post(f"/connections/peers/{peer.pk}/", {"addresses": "10.9.9.9", "version": "1"})
    peer.refresh_from_db()
    assert (peer.addresses, peer.is_active) == (["10.9.9.9/32"], False)
    assert peer.listens_at is None
    unheard = admin.post(f"/connections/peers/{peer.pk}/ask", follow=True).content.decode()
    assert "It listens nowhere" in unheard
    half = admin.post(f"/connections/peers/{peer.pk}/", {"addresses": "10.9.9.9", "version": "2", "host": "scanner"})
    assert "Where it listens is a host name or address with a port" in half.content.decode()
    listens = {"addresses": "10.9.9.9", "version": "2", "host": "127.0.0.1", "port": "1", "uses_tls": "on"}
    admin.post(f"/connections/peers/{peer.pk}/", listens)
    peer.refresh_from_db()
    assert peer.listens_at == Called("127.0.0.1", 1, "SCANNER", uses_tls=True)
    assert 'value="127.0.0.1"' in admin.get(f"/connections/peers/{peer.pk}/").content.decode()
    unheard = admin.post(f"/connections/peers/{peer.pk}/ask", follow=True).content.decode()
    assert "SCANNER does not answer as it should: Nobody takes connections there." in unheard
    said = {"name": "RIS", "addresses": "here", "charset": "UNICODE UTF-8"}
    assert "neither an IP address" in admin.post("/connections/senders/add/", said).content.decode()
    admin.post("/connections/senders/add/", said | {"addresses": "::1"})
    assert MessageSender.objects.get().addresses == ["::1/128"]


def test_an_archive_is_added_tested_changed_and_switched_off(admin: Client) -> None:
    said = {"name": "PACS", "host": "127.0.0.1", "port": "1", "ae_title": "ARCHIVE", "uses_tls": "on"}
    refused = admin.post("/connections/archives/add/", said | {"host": "a b"}).content.decode()
    assert "This is no host name or address with a port" in refused
    assert admin.post("/connections/archives/add/", said).status_code == 302
    added = Archive.objects.get()
    assert added.called == Called("127.0.0.1", 1, "ARCHIVE", uses_tls=True)
    heard = admin.post(f"/connections/archives/{added.pk}/ask", follow=True).content.decode()
    assert "PACS does not answer as it should: Nobody takes connections there." in heard
    assert AuditEvent.objects.get(act="archive.tested").outcome == "failure"
    said |= {"port": "104", "uses_tls": "", "version": "1"}
    assert admin.post(f"/connections/archives/{added.pk}/", said).status_code == 302
    changed = Archive.objects.get()
    assert (changed.port, changed.uses_tls, changed.is_active, changed.version) == (104, False, False, 2)
    assert "Is not asked" in admin.get("/connections/archives/").content.decode()
    stale = admin.post(f"/connections/archives/{added.pk}/", said).content.decode()
    assert "Somebody else has changed this meanwhile" in stale


def test_only_what_answers_questions_is_asked(admin: Client) -> None:
    ris = add_sender("RIS", Calling(["127.0.0.1"]), by=None)
    assert admin.post(f"/connections/senders/{ris.pk}/ask").status_code == 404
    assert admin.post(f"/connections/others/{ris.pk}/ask").status_code == 404


def test_throughput_counts_what_was_taken_on_each_day(admin: Client, ehr: Destination) -> None:
    ris = add_sender("RIS", Calling(["127.0.0.1"]), by=None)
    take(message(patient(), *order()), [ris])
    take(message(patient(), "ORC|ZZ|O1"), [ris])
    page = admin.get("/connections/throughput/?days=7")
    charts = {chart.key: chart for chart in page.context["charts"]}
    assert [len(chart.table.rows) for chart in charts.values()] == [7, 7, 7]
    assert charts["messages"].table.rows[0].cells[1] == 1
    assert charts["messages"].drawing["data"][0]["y"][-1] == 1
    assert charts["sent"].figure is None
    assert [column.label for column in charts["sent"].table.columns] == ["Day", "EHR"]


@pytest.mark.parametrize(
    ("extension", "begins"), [("csv", b'\xef\xbb\xbf"day",'), ("xlsx", b"PK"), ("parquet", b"PAR1")]
)
def test_throughput_is_taken_away_as_a_file(admin: Client, ehr: Destination, extension: str, begins: bytes) -> None:
    page = admin.get("/connections/throughput/?days=7").content.decode()
    address = f"/connections/throughput/sent.{extension}?days=7"
    assert f'href="{address}"' in page
    answer = admin.get(address)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="throughput-sent.{extension}"'
    assert answer.content.startswith(begins)
    if extension == "csv":
        assert len(answer.content.decode("utf-8-sig").split()) == 8  # the head and seven days
    assert admin.get("/connections/throughput/sent.exe").status_code == 404
    assert admin.get("/connections/throughput/other.csv").status_code == 404


def test_every_code_of_failure_has_words() -> None:
    """Codes stand in the sources as literals: each that is raised there must be explained."""
    sources = [
        path.read_text(encoding="utf-8")
        for part in ("outbound", "orders", "dicom_network", "core")
        for path in (REPOSITORY / "reporting" / part).glob("*.py")
    ]
    codes = {
        code
        for text in sources
        for code in re.findall(r"(?:NotSent|NoAssociation|ArchiveFault|Unusable|Unreadable)\(\s*\"([a-z0-9_]+)\"", text)
    }
    assert len(codes) > 30
    assert {code for code in codes if words.fault_words(code) == code} == set()
