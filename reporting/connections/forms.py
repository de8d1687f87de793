"""Forms of peers, senders, archives and destinations. They read what was typed; services decide what makes sense."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from reporting.accounts.models import Role, User
from reporting.core.dicom_address import Called
from reporting.core.hl7_text import Charset
from reporting.dicom_network.models import AE_TITLE_LENGTH, Archive, Peer
from reporting.dicom_network.services import Listens
from reporting.orders.models import MessageSender
from reporting.orders.senders import Calling
from reporting.outbound.destinations import LANGUAGES, Where
from reporting.outbound.models import FORMS_OF, Destination, Form, Kind

_CHARSETS = [(charset.value, charset.value) for charset in Charset]
_LANGUAGE_NAMES = {"en": _("English"), "zh": _("Chinese")}


class AddressesField(forms.CharField):
    """Addresses and networks, parted by spaces, commas or line ends."""

    def clean(self, value: Any) -> list[str]:
        return list(str(super().clean(value)).replace(",", " ").split())


def _addresses() -> AddressesField:
    return AddressesField(
        label=_("Addresses"),
        max_length=2000,
        widget=forms.Textarea({"rows": 2, "spellcheck": "false"}),
        help_text=_("IP addresses and networks, such as 10.1.2.3 or 10.1.7.0/24, parted by spaces."),
    )


class PeerForm(forms.Form):
    """``ae_title`` and ``received_as`` are said once, when the peer is added."""

    ae_title = forms.CharField(label=_("AE title"), max_length=AE_TITLE_LENGTH)
    addresses = _addresses()
    received_as = forms.ModelChoiceField(
        label=_("Received in the name of"), queryset=User.objects.none(), help_text=_("A service account.")
    )
    host = forms.CharField(
        label=_("Listens at (host)"),
        max_length=255,
        required=False,
        help_text=_(
            "Where it is told what became of its storage commitments. Empty: only on the association it asked on."
        ),
    )
    port = forms.IntegerField(label=_("Listens at (port)"), min_value=1, max_value=65535, required=False)
    uses_tls = forms.BooleanField(label=_("Listens over TLS"), required=False)
    is_active = forms.BooleanField(label=_("May send"), required=False, initial=True)

    def __init__(self, data: Any = None, *, peer: Peer | None = None) -> None:
        known: dict[str, Any] = {}
        if peer is not None:
            known = {name: getattr(peer, name) for name in ("host", "port", "uses_tls", "is_active")}
            known["addresses"] = " ".join(peer.addresses)
        super().__init__(data, initial=known)
        if peer is None:
            del self.fields["is_active"]
            accounts = User.objects.filter(is_active=True, role=Role.SERVICE).order_by("username")
            self.fields["received_as"].queryset = accounts  # type: ignore[attr-defined]
        else:
            del self.fields["ae_title"], self.fields["received_as"]

    def listens(self) -> Listens:
        said = self.cleaned_data
        return Listens(said["host"], said["port"], said["uses_tls"])

    def said(self) -> dict[str, Any]:
        """All else."""
        return {key: value for key, value in self.cleaned_data.items() if key not in ("host", "port", "uses_tls")}


class SenderForm(forms.Form):
    name = forms.CharField(label=pgettext_lazy("connection", "Name"), max_length=64)
    addresses = _addresses()
    application = forms.CharField(
        label=_("Application (MSH-3)"),
        max_length=64,
        required=False,
        help_text=_("What its messages must say; empty: whatever they say."),
    )
    facility = forms.CharField(label=_("Facility (MSH-4)"), max_length=64, required=False)
    charset = forms.ChoiceField(label=_("Character set of messages that name none (MSH-18)"), choices=_CHARSETS)
    is_active = forms.BooleanField(label=_("May send"), required=False, initial=True)

    def __init__(self, data: Any = None, *, sender: MessageSender | None = None) -> None:
        known: dict[str, Any] = {}
        if sender is not None:
            known = {name: getattr(sender, name) for name in ("application", "facility", "charset", "is_active")}
            known["addresses"] = " ".join(sender.addresses)
        super().__init__(data, initial=known)
        del self.fields["is_active" if sender is None else "name"]

    def calling(self) -> Calling:
        said = self.cleaned_data
        return Calling(said["addresses"], said["application"], said["facility"], said["charset"])


class ArchiveForm(forms.Form):
    """``name`` is said once, when the archive is added."""

    name = forms.CharField(label=pgettext_lazy("connection", "Name"), max_length=64)
    host = forms.CharField(label=_("Host"), max_length=255)
    port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65535)
    uses_tls = forms.BooleanField(label=_("Over TLS"), required=False)
    ae_title = forms.CharField(label=_("AE title"), max_length=AE_TITLE_LENGTH)
    is_active = forms.BooleanField(label=_("Is asked for earlier studies"), required=False, initial=True)

    def __init__(self, data: Any = None, *, archive: Archive | None = None) -> None:
        known = ("host", "port", "uses_tls", "ae_title", "is_active")
        super().__init__(data, initial={} if archive is None else {name: getattr(archive, name) for name in known})
        del self.fields["is_active" if archive is None else "name"]

    def called(self) -> Called:
        said = self.cleaned_data
        return Called(said["host"], said["port"], said["ae_title"], said["uses_tls"])


_OF_ALL = {"name", "host", "port", "uses_tls", "forms", "is_active"}
_OF_KIND = {
    Kind.DICOM: ("ae_title",),
    Kind.MLLP: ("application", "facility", "charset", "languages", "with_preliminary"),
    Kind.FHIR: ("path", "secret_name", "with_preliminary"),
}


class DestinationForm(forms.Form):
    """Only what a destination of its kind has."""

    name = forms.CharField(label=pgettext_lazy("connection", "Name"), max_length=64)
    host = forms.CharField(label=_("Host"), max_length=255)
    port = forms.IntegerField(label=_("Port"), min_value=1, max_value=65535)
    uses_tls = forms.BooleanField(label=_("Over TLS"), required=False)
    ae_title = forms.CharField(label=_("AE title"), max_length=AE_TITLE_LENGTH)
    path = forms.CharField(
        label=_("Path of the base address"), max_length=255, required=False, help_text=_("Such as /fhir; may be empty.")
    )
    secret_name = forms.CharField(
        label=_("File of the token"),
        max_length=64,
        required=False,
        help_text=_("Its name in the folder of secrets. Empty: no token is sent."),
    )
    application = forms.CharField(label=_("Application (MSH-5)"), max_length=64, required=False)
    facility = forms.CharField(label=_("Facility (MSH-6)"), max_length=64, required=False)
    charset = forms.ChoiceField(label=_("Character set"), choices=_CHARSETS)
    languages = forms.MultipleChoiceField(
        label=_("Languages"),
        choices=[(one, _LANGUAGE_NAMES[one]) for one in LANGUAGES],
        widget=forms.CheckboxSelectMultiple,
    )
    with_preliminary = forms.BooleanField(label=_("Preliminary reports too"), required=False)
    is_active = forms.BooleanField(label=_("Is sent reports"), required=False, initial=True)
    # The last: from here on the name is the field's, not the module's.
    forms = forms.MultipleChoiceField(label=_("What is sent"), choices=(), widget=forms.CheckboxSelectMultiple)

    def __init__(self, data: Any = None, *, kind: Kind, destination: Destination | None = None) -> None:
        self.kind = kind
        names = _OF_ALL | set(_OF_KIND[kind])
        known: dict[str, Any] = {"forms": [form.value for form in FORMS_OF[kind]], "languages": list(LANGUAGES)}
        if destination is not None:
            known = {name: getattr(destination, name) for name in names}
        super().__init__(data, initial=known)
        self.order_fields(["name", "host", "port", "uses_tls", *_OF_KIND[kind], "forms"])
        names = names - {"is_active" if destination is None else "name"}
        for name in set(self.fields) - names:
            del self.fields[name]
        choices = [(form.value, form.label) for form in FORMS_OF[kind]]
        self.fields["forms"].choices = choices  # type: ignore[attr-defined]

    def where(self) -> Where:
        said = {key: value for key, value in self.cleaned_data.items() if key not in ("name", "is_active")}
        said["forms"] = tuple(map(Form, said["forms"]))
        if "charset" in said:
            said["charset"] = Charset(said["charset"])
        if "languages" in said:
            said["languages"] = tuple(said["languages"])
        return Where(kind=self.kind, **said)
