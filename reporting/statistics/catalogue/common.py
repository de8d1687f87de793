"""Parameters that many statistics share."""

from __future__ import annotations

from reporting.statistics.bootstrap import BOOTSTRAP_SEED, RESAMPLES
from reporting.statistics.catalogue.parameters import Kind, Parameter

UNIT = Parameter("unit", Kind.TEXT, "what one row is: case, level, patient", "row")
LEVEL = Parameter("level", Kind.NUMBER, "of the interval", 0.95, between=(0, 1))
POSITIVE = Parameter("positive", Kind.TEXT, "the code that is the positive class", required=True)
NEGATIVE = Parameter("negative", Kind.TEXT, "the other code; needed where the file need not hold both classes")
TRUTH = Parameter("truth", Kind.CODES, "the reference", required=True)
SCORE = Parameter("score", Kind.NUMBERS, "higher means positive; never turned round", required=True)
SCORE_A = Parameter("score_a", Kind.NUMBERS, "higher means positive", required=True)
SCORE_B = Parameter("score_b", Kind.NUMBERS, "higher means positive", required=True)
PATIENT = Parameter("patient", Kind.CODES, "whose row it is", required=True)
PATIENT_IF_ANY = Parameter("patient", Kind.CODES, "whose row it is, where a patient has several")
DRAWS = (
    Parameter("resamples", Kind.WHOLE, "of the bootstrap", RESAMPLES, between=(1, 1_000_001)),
    Parameter("seed", Kind.WHOLE, "of the bootstrap", BOOTSTRAP_SEED, between=(-1, 2**63)),
)
CLASSES = (POSITIVE, NEGATIVE)


def choice(name: str, choices: tuple[str, ...], text: str) -> Parameter:
    """The first choice is the default."""
    return Parameter(name, Kind.CHOICE, text, choices[0], choices=choices)
