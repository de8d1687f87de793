"""Healthy sizes of cord and thecal sac by vertebral level.

Mean and standard deviation in millimetres over 203 healthy adults, measured on T2-weighted MR in the PAM50 frame
(spine-generic normative data, MIT licence; J. Cohen-Adad et al., Scientific Data 2021). "Canal" there is cord plus
CSF, which is our thecal sac.
"""

from __future__ import annotations

from dataclasses import dataclass

NORMATIVE_LEVELS = ("C1", "C2", "C3", "C4", "C5", "C6", "C7", "T1", "T2", "T3")


@dataclass(frozen=True)
class Norm:
    """Mean per level of ``NORMATIVE_LEVELS``, and one standard deviation between people."""

    mean_mm: tuple[float, ...]
    sd_mm: float


SAC_AP = Norm((16.08, 14.50, 13.06, 12.80, 12.78, 12.58, 12.76, 12.90, 12.69, 12.61), 1.20)
SAC_RL = Norm((23.23, 22.24, 20.84, 20.97, 21.17, 20.68, 19.74, 18.00, 16.08, 15.15), 1.65)
CORD_AP = Norm((8.27, 7.76, 7.59, 7.62, 7.47, 7.07, 6.56, 6.29, 6.06, 5.80), 0.50)
CORD_RL = Norm((11.36, 11.73, 12.14, 12.93, 13.03, 12.44, 10.94, 9.41, 8.69, 8.20), 0.78)
