"""A pathology asked for by name, as on the command line: ``C5/6:herniation:right:paracentral:4mm``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from reporting.vocabulary import DiscLevel, Side, Vertebra, Zone

VERTEBRA_KINDS = frozenset({"slip", "osteophyte"})
DISC_KINDS = frozenset({"herniation", "bulge", "pll", "lf", "cord_signal", "fusion", "hardware"})
FUSING_KINDS = frozenset({"fusion", "hardware"})
SIDED_KINDS = frozenset({"herniation", "lf"})
DIRECTED_KINDS = VERTEBRA_KINDS
LIMITS_MM: dict[str, tuple[float, float]] = {
    "slip": (0.5, 10.0),
    "osteophyte": (0.5, 8.0),
    "herniation": (1.0, 10.0),
    "bulge": (0.5, 5.0),
    "pll": (0.5, 9.0),
    "lf": (0.5, 6.0),
}
DEFAULT_MM = {"slip": 3.5, "osteophyte": 3.0, "herniation": 4.0, "bulge": 2.0, "pll": 3.0, "lf": 3.5}
MODELLED_VERTEBRAE = tuple(vertebra.value for vertebra in Vertebra if vertebra is not Vertebra.C1)
MODELLED_DISC_LEVELS = tuple(level.value for level in DiscLevel)
FORMAT = "LEVEL:KIND[:SIDE][:ZONE][:DIRECTION][:SIZEmm], for example C5/6:herniation:right:paracentral:4mm"

_SIZE = re.compile(r"^(\d+(?:\.\d+)?)\s*mm$", re.IGNORECASE)


@dataclass(frozen=True)
class Pathology:
    """One change at one level. ``mm`` is a size; ``None`` only for what has no size (``cord_signal``,
    ``fusion``: block vertebra, ``hardware``: plate, screws and cage over a fused level).

    ``side`` is the patient's side (``None``: midline for a herniation, both sides for the ligamentum flavum).
    """

    level: str
    kind: str
    mm: float | None = None
    side: Side | None = None
    zone: Zone | None = None
    direction: str | None = None

    @classmethod
    def parse(cls, text: str) -> Pathology:
        """Read one pathology.

        Raises:
            ValueError: with one sentence that names the wrong part and the format.
        """
        parts = [part.strip() for part in text.split(":")]
        if len(parts) < 2 or not all(parts):
            raise ValueError(f"pathology {text!r}: expected {FORMAT}")
        level, kind = parts[0].upper(), parts[1].lower()
        known = VERTEBRA_KINDS | DISC_KINDS
        if kind not in known:
            raise ValueError(f"pathology {text!r}: unknown kind {kind!r}; one of {', '.join(sorted(known))}")
        levels = MODELLED_VERTEBRAE if kind in VERTEBRA_KINDS else MODELLED_DISC_LEVELS
        if level not in levels:
            raise ValueError(f"pathology {text!r}: {kind} needs one of the levels {', '.join(levels)}, not {level!r}")
        words: dict[str, object] = {}
        for word in parts[2:]:
            name, value = _read_word(text, kind, word.lower())
            if name in words:
                raise ValueError(f"pathology {text!r}: {name} is given twice")
            words[name] = value
        return _complete(text, level, kind, words)

    @staticmethod
    def check_together(pathologies: Iterable[Pathology]) -> None:
        """Refuse what cannot be at one place: a fused level neither bulges, herniates nor slips.

        Raises:
            ValueError: with one sentence that names the level.
        """
        wanted = tuple(pathologies)
        fused = {item.level for item in wanted if item.kind in FUSING_KINDS}
        for item in wanted:
            level = next((level for level in fused if item.level in _places(level, item.kind)), None)
            if level and item.kind in {"herniation", "bulge", "slip", "osteophyte"}:
                raise ValueError(f"{level} is fused; it takes no {item.kind}")


def _places(fused: str, kind: str) -> tuple[str, ...]:
    """Where a fused level leaves no room for this kind."""
    disc = DiscLevel(fused)
    if kind == "slip":
        return (disc.upper_vertebra.value,)
    return (fused, disc.upper_vertebra.value, disc.lower_vertebra.value)


def _read_word(text: str, kind: str, word: str) -> tuple[str, object]:
    size = _SIZE.match(word)
    if size and kind in LIMITS_MM:
        low, high = LIMITS_MM[kind]
        mm = float(size.group(1))
        if not low <= mm <= high:
            raise ValueError(f"pathology {text!r}: {kind} of {mm:g} mm is outside {low:g} to {high:g} mm")
        return "mm", mm
    if word in {"left", "right", "midline"} and kind in SIDED_KINDS:
        return "side", Side(word)
    if word in {"central", "paracentral", "foraminal"} and kind == "herniation":
        return "zone", Zone(word)
    if word in {"anterior", "posterior"} and kind in DIRECTED_KINDS:
        return "direction", word
    raise ValueError(f"pathology {text!r}: {word!r} does not fit a {kind}; expected {FORMAT}")


def _complete(text: str, level: str, kind: str, words: dict[str, object]) -> Pathology:
    side, zone, direction = words.get("side"), words.get("zone"), words.get("direction")
    if side is Side.MIDLINE and (kind == "lf" or zone not in (None, Zone.CENTRAL)):
        raise ValueError(f"pathology {text!r}: midline fits a central herniation only")
    if kind == "herniation":
        if zone is None:
            zone = Zone.PARACENTRAL if side in (Side.LEFT, Side.RIGHT) else Zone.CENTRAL
        if zone is not Zone.CENTRAL and side is None:
            raise ValueError(f"pathology {text!r}: a {zone} herniation needs a side, left or right")
    if kind in DIRECTED_KINDS and direction is None:
        direction = "anterior"
    mm = words.get("mm", DEFAULT_MM.get(kind))
    return Pathology(
        level=level,
        kind=kind,
        mm=mm if isinstance(mm, float) else None,
        side=side if isinstance(side, Side) else None,
        zone=zone if isinstance(zone, Zone) else None,
        direction=direction if isinstance(direction, str) else None,
    )
