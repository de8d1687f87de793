"""How the study was analysed, in words for a paper; every number comes from the run."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from reporting.reader_studies.analysis_page.parts import arm_name
from reporting.reader_studies.models import AnalysisRun


def method_text(run: AnalysisRun, overview: dict[str, Any]) -> list[str]:
    """Paragraphs in the active language."""
    left = overview["left_out"]
    arms = ", ".join(arm_name(arm) for arm in overview["arms"])
    readings = sum(overview["readings"].values())
    numbers = {"readers": len(overview["readers"]), "cases": overview["cases"], "readings": readings, "arms": arms}
    design = _(
        "%(readers)s readers read %(cases)s cases (%(arms)s), %(readings)s readings in all. Findings were rated at"
        " levels and sides of the cervical spine; a rated place is the unit, and cases are clusters."
    )
    left_out = _(
        "Left out: %(withdrawn)s withdrawn readers, %(retracted)s retracted cases, %(training)s training cases,"
        " %(missing)s missing readings, %(truth)s places without a reference standard."
    )
    figures = _(
        "Sensitivity, specificity and the area under the empirical ROC curve were averaged over readers. Arms were"
        " compared by the Obuchowski–Rockette method with Obuchowski's covariance for clustered data and Hillis'"
        " degrees of freedom, readers and cases random, and again by Dorfman–Berbaum–Metz on pseudovalues of cases"
        " and by a bootstrap of cases (%(resamples)s resamples, seed %(seed)s). The margin of non-inferiority was"
        " %(margin)s. Pooled over findings, shares were added up and areas averaged. Intervals are 95 %%; nothing was"
        " corrected for several comparisons."
    )
    rest = _(
        "Readers were compared with the algorithm alone on the same cases, with the algorithm fixed. Agreement is"
        " given as Fleiss' κ, Gwet's AC and Krippendorff's α with linearised variances. Active reading times were"
        " compared as ratios of geometric means, paired by reader and case, and by a linear mixed model of log time."
    )
    counts = {
        "withdrawn": left.get("withdrawn_readers", 0),
        "retracted": left.get("retracted_cases", 0),
        "training": left.get("training_cases", 0),
        "missing": left.get("missing_readings", 0),
        "truth": left.get("places_without_truth", 0),
    }
    bootstrap = {"resamples": run.resamples, "seed": run.seed, "margin": f"{run.margin:g}"}
    provenance = _("Analysis %(number)s; protocol %(protocol)s (sha256 %(digest)s); input sha256 %(input)s.") % {
        "number": run.number,
        "protocol": run.protocol.number,
        "digest": run.protocol.digest,
        "input": run.input_digest,
    }
    return [design % numbers, left_out % counts, figures % bootstrap, rest, provenance]
