"""What Dens is connected to, by sort: how each is added, changed and asked whether it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reporting.accounts.models import User
from reporting.connections.forms import ArchiveForm, DestinationForm, PeerForm, SenderForm
from reporting.dicom_network.known_archives import add_archive, change_archive, ping_archive
from reporting.dicom_network.models import Archive, Peer
from reporting.dicom_network.services import add_peer, change_peer, ping_peer
from reporting.orders.models import MessageSender
from reporting.orders.senders import add_sender, change_sender
from reporting.outbound.asking import ask
from reporting.outbound.destinations import add_destination, change_destination
from reporting.outbound.models import Destination, Kind


@dataclass(frozen=True)
class Heard:
    """``fault``: a stable code, empty when all is well. ``words``: what there is to say beyond that it answers."""

    fault: str
    words: str = ""


@dataclass(frozen=True)
class Sort:
    """One sort of thing to add and change. ``form(data, kind, thing)``; ``add(form, by)``; ``change(…, version)``."""

    model: type[models.Model]
    title: str | Promise
    title_to_add: str | Promise
    form: Callable[[Any, str, Any], forms.Form]
    add: Callable[[Any, User], models.Model]
    change: Callable[[Any, Any, User, int], models.Model]
    kinds: tuple[str, ...] = ("",)
    ask: Callable[[Any, User], Heard] | None = None


def _destination_form(data: Any, kind: str, thing: Destination | None) -> DestinationForm:
    return DestinationForm(data, kind=Kind(thing.kind if thing else kind), destination=thing)


def _ask_destination(destination: Destination, by: User) -> Heard:
    answer = ask(destination, by=by)
    said = {"name": destination.name, "said": answer.said, "version": answer.said}
    if answer.said and destination.kind == Kind.MLLP:
        return Heard(answer.fault, _("%(name)s answers, but takes no network queries: %(said)s.") % said)
    if answer.said:
        return Heard(answer.fault, _("%(name)s answers: FHIR %(version)s.") % said)
    return Heard(answer.fault)


SORTS: Mapping[str, Sort] = {
    "destinations": Sort(
        Destination,
        gettext_lazy("Destinations"),
        gettext_lazy("Add a destination"),
        _destination_form,
        lambda form, by: add_destination(form.cleaned_data["name"], form.where(), by=by),
        lambda form, thing, by, version: change_destination(
            thing, form.where(), is_active=form.cleaned_data["is_active"], by=by, expected_version=version
        ),
        tuple(Kind.values),
        ask=_ask_destination,
    ),
    "senders": Sort(
        MessageSender,
        gettext_lazy("HL7 senders"),
        gettext_lazy("Add an HL7 sender"),
        lambda data, _kind, thing: SenderForm(data, sender=thing),
        lambda form, by: add_sender(form.cleaned_data["name"], form.calling(), by=by),
        lambda form, thing, by, version: change_sender(
            thing, form.calling(), is_active=form.cleaned_data["is_active"], by=by, expected_version=version
        ),
    ),
    "archives": Sort(
        Archive,
        gettext_lazy("DICOM archives"),
        gettext_lazy("Add a DICOM archive"),
        lambda data, _kind, thing: ArchiveForm(data, archive=thing),
        lambda form, by: add_archive(form.cleaned_data["name"], form.called(), by=by),
        lambda form, thing, by, version: change_archive(
            thing, form.called(), is_active=form.cleaned_data["is_active"], by=by, expected_version=version
        ),
        ask=lambda thing, by: Heard(ping_archive(thing, by=by)),
    ),
    "peers": Sort(
        Peer,
        gettext_lazy("DICOM peers"),
        gettext_lazy("Add a DICOM peer"),
        lambda data, _kind, thing: PeerForm(data, peer=thing),
        lambda form, by: add_peer(by=by, listens=form.listens(), **form.said()),
        lambda form, thing, by, version: change_peer(
            thing, listens=form.listens(), by=by, expected_version=version, **form.said()
        ),
        ask=lambda thing, by: Heard(ping_peer(thing, by=by)),
    ),
}
