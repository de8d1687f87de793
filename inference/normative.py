"""Healthy sizes of cord and thecal sac by vertebral level, shared by the phantom and by the z-scores.

Source: PAM50-normalized-metrics, normative data of the spine-generic project (S. Bédard, J. Cohen-Adad et al.; MIT
licence, © 2023 PAM50-normalized-metrics): T2-weighted MR of 203 healthy adults, averaged within each vertebral level,
square to the cord. "Canal" there is cord plus CSF, which is our thecal sac. Age and sex are not published by level.
"""

from __future__ import annotations

from dataclasses import dataclass

NORMATIVE_LEVELS = ("C1", "C2", "C3", "C4", "C5", "C6", "C7", "T1", "T2", "T3")


@dataclass(frozen=True)
class Norm:
    """Mean and standard deviation between people at each of ``NORMATIVE_LEVELS``: mm, or mm² for an area."""

    mean: tuple[float, ...]
    sd: tuple[float, ...]

    def z_score(self, value: float, level: str) -> float | None:
        """Standard deviations above the mean of healthy adults; ``None`` at a level that was not measured."""
        if level not in NORMATIVE_LEVELS:
            return None
        at = NORMATIVE_LEVELS.index(level)
        return (value - self.mean[at]) / self.sd[at]


SAC_AP = Norm(
    mean=(16.08, 14.5, 13.06, 12.8, 12.78, 12.58, 12.76, 12.9, 12.69, 12.61),
    sd=(1.63, 1.4, 1.17, 1.18, 1.17, 1.18, 1.25, 1.19, 1.22, 1.22),
)
SAC_RL = Norm(
    mean=(23.23, 22.24, 20.84, 20.97, 21.17, 20.68, 19.74, 18.0, 16.08, 15.15),
    sd=(2.29, 1.98, 1.64, 1.47, 1.55, 1.63, 1.71, 1.81, 1.58, 1.5),
)
SAC_AREA = Norm(
    mean=(293.69, 251.94, 210.31, 206.05, 207.68, 200.05, 194.76, 181.91, 160.83, 150.95),
    sd=(51.53, 41.16, 29.36, 27.58, 29.09, 30.03, 32.25, 32.21, 28.9, 27.54),
)
CORD_AP = Norm(
    mean=(8.27, 7.76, 7.59, 7.62, 7.47, 7.07, 6.56, 6.29, 6.06, 5.8),
    sd=(0.55, 0.52, 0.51, 0.49, 0.51, 0.5, 0.44, 0.43, 0.45, 0.47),
)
CORD_RL = Norm(
    mean=(11.36, 11.73, 12.14, 12.93, 13.03, 12.44, 10.94, 9.41, 8.69, 8.2),
    sd=(0.71, 0.71, 0.75, 0.81, 0.82, 0.83, 0.9, 0.67, 0.63, 0.67),
)
CORD_AREA = Norm(
    mean=(73.96, 71.65, 72.48, 77.35, 76.38, 69.13, 56.76, 46.84, 41.83, 37.85),
    sd=(7.33, 6.88, 7.12, 7.54, 7.74, 7.79, 7.23, 5.47, 5.19, 5.2),
)
