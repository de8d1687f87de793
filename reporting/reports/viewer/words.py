"""What the viewer writes beside outlines and measured lines, in the language of the request."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from reporting.vocabulary import Structure

STRUCTURES = {
    Structure.BODY: _("body"),
    Structure.DISC: _("disc"),
    Structure.SAC: _("dural sac"),
    Structure.CORD: _("cord"),
    Structure.PLL: _("PLL"),
    Structure.LF: _("lig. flavum"),
}
MEASUREMENTS = {
    "canal_ap": _("Canal"),
    "canal_ap_functional": _("Canal min."),
    "cord_ap_sagittal": _("Cord"),
    "disc_height": _("Disc height"),
    "sac_ap": _("Sac AP"),
    "sac_rl": _("Sac TR"),
    "cord_ap": _("Cord AP"),
    "cord_rl": _("Cord TR"),
}
