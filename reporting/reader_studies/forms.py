"""Forms of the design pages. They read what was typed; what makes sense is decided by the services."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext_lazy as _

from reporting.predictions.models import Algorithm
from reporting.reader_studies.case_facts import PROTOCOLS, finding_label, protocol_label
from reporting.reader_studies.models import RatedFinding, ReaderStudy, StudyMember
from reporting.reader_studies.rated import LEVELS, MOST_FINDINGS, SIDES, RatedSpec
from reporting.reader_studies.sample_size import LABELS
from reporting.reader_studies.stopping import MOST_MINUTES, Limits
from reporting.reader_studies.words import ArmKind, Design, PanelScheme, Scale, Seat, StudyRole
from reporting.studies.scanners import OTHER, UNKNOWN, VENDORS, field_strengths
from reporting.vocabulary import MachineFinding

_SEPARATOR = ";"


class NewStudyForm(forms.Form):
    title = forms.CharField(label=_("Title"), max_length=200)


class LimitsForm(forms.Form):
    """When the reading is over, in numbers; empty: no limit."""

    stop_readers = forms.IntegerField(label=_("Stop when so many readers read everything"), required=False, min_value=1)
    stop_cases = forms.IntegerField(
        label=_("Stop when so many cases are read by everybody"), required=False, min_value=1
    )
    stop_until = forms.DateField(
        label=_("Last day of reading"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )
    stop_minutes = forms.IntegerField(
        label=_("Longest reading of a case, minutes"), required=False, min_value=1, max_value=MOST_MINUTES
    )

    @classmethod
    def showing(cls, limits: Limits) -> LimitsForm:
        return cls(initial={f"stop_{name}": getattr(limits, name) for name in ("readers", "cases", "until", "minutes")})

    def limits(self) -> Limits:
        said = self.cleaned_data
        return Limits(said["stop_readers"], said["stop_cases"], said["stop_until"], said["stop_minutes"])


class WordsForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = ReaderStudy
        fields = ("title", "question", "stopping_rule")
        labels = {"title": _("Title"), "question": _("Question"), "stopping_rule": _("Stopping rule")}
        widgets = {"question": forms.Textarea({"rows": 4}), "stopping_rule": forms.Textarea({"rows": 2})}


class FindingForm(forms.Form):
    key = forms.SlugField(label=_("Key"), max_length=32)
    label = forms.CharField(label=_("Finding"), max_length=120)
    scale = forms.ChoiceField(label=_("Scale"), choices=Scale.choices)
    levels = forms.CharField(label=_("Levels"), required=False, max_length=120)
    grades = forms.CharField(label=_("Grades, lowest first, parted by ;"), required=False, max_length=300)
    positive_from = forms.FloatField(label=_("Positive from"), required=False)
    sided = forms.BooleanField(label=_("left and right apart"), required=False)
    machine_finding = forms.ChoiceField(
        label=_("The algorithm's finding"),
        required=False,
        choices=[("", _("none")), *((one.value, one.value) for one in MachineFinding)],
    )

    def spec(self) -> RatedSpec:
        said = self.cleaned_data
        return RatedSpec(
            said["key"],
            said["label"],
            Scale(said["scale"]),
            tuple(said["levels"].replace(",", " ").split()),
            tuple(grade.strip() for grade in said["grades"].split(_SEPARATOR) if grade.strip()),
            said["positive_from"],
            SIDES if said["sided"] else (),
            said["machine_finding"],
        )


def finding_forms(data: Any, findings: list[RatedFinding]) -> BaseFormSet[FindingForm]:
    """A row a finding and two empty ones; a row that is emptied is taken out."""
    initial = [
        {
            "key": one.key,
            "label": one.label,
            "scale": one.scale,
            "levels": " ".join(one.levels),
            "grades": f"{_SEPARATOR} ".join(one.grades),
            "positive_from": one.positive_from,
            "sided": bool(one.sides),
            "machine_finding": one.machine_finding,
        }
        for one in findings
    ]
    forms_of = formset_factory(FindingForm, extra=2, max_num=MOST_FINDINGS, can_delete=True, can_delete_extra=False)
    return forms_of(data, initial=initial, prefix="findings")


class DesignForm(forms.ModelForm):  # type: ignore[type-arg]
    arms = forms.MultipleChoiceField(
        label=_("Arms"), choices=ArmKind.choices, widget=forms.CheckboxSelectMultiple, required=False
    )

    class Meta:
        model = ReaderStudy
        fields = ("design", "algorithm", "washout_days", "block_size", "reader_groups")
        labels = {
            "design": _("Design"),
            "algorithm": _("Algorithm version"),
            "washout_days": _("Washout in days"),
            "block_size": _("Cases per block (0: no pauses)"),
            "reader_groups": _("Groups of readers (split-plot only)"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["algorithm"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Algorithm.objects.all()  # a version on trial may be in no other use
        self.fields["design"].choices = Design.choices  # type: ignore[attr-defined]
        self.fields["arms"].initial = list(self.instance.arms.values_list("kind", flat=True))


class CandidateForm(forms.Form):
    sex = forms.ChoiceField(
        label=_("Sex"), required=False, choices=[("", _("any")), ("F", _("female")), ("M", _("male"))]
    )
    youngest = forms.IntegerField(label=_("Age from"), required=False, min_value=0, max_value=120)
    oldest = forms.IntegerField(label=_("Age to"), required=False, min_value=0, max_value=120)
    from_year = forms.IntegerField(label=_("Examined from, year"), required=False, min_value=1970, max_value=2200)
    to_year = forms.IntegerField(label=_("Examined to, year"), required=False, min_value=1970, max_value=2200)
    finding = forms.ChoiceField(label=_("Found in the signed report"), required=False)
    level = forms.ChoiceField(label=_("at the level"), required=False)
    clear = forms.BooleanField(label=_("only where that was not found"), required=False)
    vendor = forms.ChoiceField(label=_("Vendor"), required=False)
    field_strength = forms.ChoiceField(label=_("Field strength, T"), required=False)
    protocol = forms.ChoiceField(label=_("Protocol"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = {
            "finding": [(one.value, finding_label(one)) for one in MachineFinding],
            "level": [(level, level) for level in LEVELS],
            "vendor": [(name, name) for name in VENDORS if name not in (OTHER, UNKNOWN)],
            "field_strength": [(word, word) for word in field_strengths()],
            "protocol": [(name, protocol_label(name)) for name in PROTOCOLS],
        }
        for name, choices in offered.items():
            self.fields[name].choices = [("", _("any")), *choices]  # type: ignore[attr-defined]


class MemberForm(forms.Form):
    username = forms.CharField(label=_("User name"), max_length=150)
    role = forms.ChoiceField(
        label=_("Part"), choices=[(one.value, one.label) for one in StudyRole if one is not StudyRole.OWNER]
    )
    experience_years = forms.IntegerField(label=_("Years of experience"), required=False, min_value=0, max_value=60)


class _People(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: StudyMember) -> str:
        return obj.user.full_name


class PanelForm(forms.Form):
    """Seats by person; which go together is decided by the service."""

    scheme = forms.ChoiceField(label=_("Scheme"), choices=PanelScheme.choices)
    first = _People(StudyMember.objects.none(), label=Seat.FIRST.label)
    second = _People(StudyMember.objects.none(), label=Seat.SECOND.label)
    adjudicator = _People(StudyMember.objects.none(), label=Seat.ADJUDICATOR.label, required=False)

    def __init__(self, study: ReaderStudy, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = study.members.filter(role=StudyRole.ADJUDICATOR, ended_at__isnull=True).select_related("user")
        for name in ("first", "second", "adjudicator"):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = people


class PowerForm(forms.Form):
    """Variance components of a pilot, as :class:`reporting.statistics.mrmc.sample_size.Pilot` takes them."""

    var_tr = forms.FloatField(label=LABELS["var_tr"], initial=0.0002)
    var_error = forms.FloatField(label=LABELS["var_error"], initial=0.0008, min_value=1e-9)
    cov1 = forms.FloatField(label=LABELS["cov1"], initial=0.0003)
    cov2 = forms.FloatField(label=LABELS["cov2"], initial=0.0003)
    cov3 = forms.FloatField(label=LABELS["cov3"], initial=0.0002)
    cases = forms.IntegerField(label=LABELS["cases"], initial=100, min_value=2, max_value=100_000)
    effect = forms.FloatField(label=LABELS["effect"], initial=0.05, min_value=0.001, max_value=0.5)
    target = forms.FloatField(label=LABELS["target"], initial=0.8, min_value=0.1, max_value=0.99)


LEVEL_HINT = " ".join(LEVELS)
