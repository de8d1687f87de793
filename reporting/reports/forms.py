"""Forms of the pages that need no script."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class PictureForm(forms.Form):
    """Query of a slice picture; sizes are few, so that the cache is."""

    contours = forms.BooleanField(required=False)
    names = forms.BooleanField(required=False)
    level = forms.CharField(required=False, max_length=16)  # "C5/6", "vertebra-10"
    mm = forms.ChoiceField(required=False, choices=[(size, size) for size in ("22", "30", "40", "80")])
    side = forms.ChoiceField(required=False, choices=[(size, size) for size in ("192", "512", "768")])

    def half_side_mm(self) -> float:
        return float(self.cleaned_data["mm"] or 40)

    def side_pixels(self) -> int:
        return int(self.cleaned_data["side"] or 512)


class C2C3Form(forms.Form):
    """Which disc is C2/3: one of the discs found, or a place in a picture (``x``, ``y`` from 0 to 1 across it)."""

    structure = forms.CharField(required=False, max_length=16)  # "disc-2"
    instance = forms.UUIDField(required=False)
    frame = forms.IntegerField(required=False, min_value=1)
    x = forms.FloatField(required=False, min_value=0, max_value=1)
    y = forms.FloatField(required=False, min_value=0, max_value=1)
    level = forms.CharField(required=False, max_length=16)  # level and mm of the picture's cut-out, if it is one
    mm = forms.FloatField(required=False, min_value=1, max_value=200)

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if not said.get("structure") and any(said.get(name) is None for name in ("instance", "frame", "x", "y")):
            raise forms.ValidationError(_("This is not a point in the patient"))
        return said


class BlindReaderForm(forms.Form):
    reader = forms.UUIDField()


class BlindStudyForm(forms.Form):
    study = forms.CharField(max_length=64, strip=True)  # accession number or Study Instance UID


class BlindFractionForm(forms.Form):
    percent = forms.FloatField(min_value=0, max_value=100)
