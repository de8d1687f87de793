"""Holds a resource to FHIR R5's own definitions, as ``@types/fhir`` has them: made by a program from hl7.fhir.r5.core.

Which elements there are, once or as a list, which must be there, of which type, and the codes of required bindings. The
JSON schema of R5 is not in any package registry. What primitive values look like fhir.resources knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.paths import REPOSITORY

DEFINITIONS = REPOSITORY / "node_modules/@types/fhir/r5.d.ts"
_INTERFACE = re.compile(
    r"^export interface (\w+)(?:<[^>]*>)?(?: extends (\w+))? \{\n(.*?)^\}", re.MULTILINE | re.DOTALL
)
_ELEMENT = re.compile(r"^  (?:readonly )?(\w+)(\??): \(?(.+?)\)?(?:<T>)?(\[\])?(?: \| undefined)?;$", re.MULTILINE)
_PRIMITIVES: dict[str, type | tuple[type, ...]] = {"string": str, "number": (int, float), "boolean": bool}
_ANY_RESOURCE = ("FhirResource", "Resource", "T")
# http://hl7.org/fhir/R5/valueset-observation-status.html: the program that made the definitions left these out.
_LEFT_OUT = {"Observation.status": {"appended", "specimen-in-process", "cannot-be-obtained"}}


@dataclass(frozen=True)
class Element:
    """``codes``: of a required binding; then ``kind`` is a string."""

    kind: str
    codes: frozenset[str]
    is_list: bool
    is_required: bool


@cache
def _elements() -> dict[str, dict[str, Element]]:
    """Of each type, those of the types that it extends included."""
    own, extends = {}, {}
    for name, base, body in _INTERFACE.findall(DEFINITIONS.read_text(encoding="utf-8")):
        own[name] = {
            element: Element(
                "string" if "'" in kind else kind, frozenset(re.findall(r"'([^']+)'", kind)), bool(many), not optional
            )
            for element, optional, kind, many in _ELEMENT.findall(body)
        }
        extends[name] = base

    def whole(name: str) -> dict[str, Element]:
        return {**(whole(extends[name]) if extends[name] in own else {}), **own[name]}

    return {name: whole(name) for name in own}


def definition_faults(resource: dict[str, Any]) -> list[str]:
    kind = str(resource.get("resourceType"))
    return list(_of_type(resource, kind, kind)) if kind in _elements() else [f"{kind}: no resource of R5"]


def _of_type(said: Any, kind: str, where: str) -> Iterator[str]:
    if kind in _PRIMITIVES:
        if not isinstance(said, _PRIMITIVES[kind]) or isinstance(said, bool) is not (kind == "boolean"):
            yield f"{where}: no {kind}"
    elif not isinstance(said, dict):
        yield f"{where}: no {kind}"
    elif kind in _ANY_RESOURCE:
        yield from definition_faults(said)
    else:
        elements = _elements()[kind]
        yield from (f"{where}.{name}: unknown" for name in said.keys() - elements.keys())
        missing = (name for name, element in elements.items() if element.is_required and name not in said)
        yield from (f"{where}.{name}: missing" for name in missing)
        for name in said.keys() & elements.keys():
            yield from _of_element(said[name], elements[name], f"{where}.{name}")


def _of_element(said: Any, element: Element, where: str) -> Iterator[str]:
    if isinstance(said, list) is not element.is_list or said == []:
        yield f"{where}: {'a list' if element.is_list else 'one'} is due"
        return
    for one in said if element.is_list else [said]:
        yield from _of_type(one, element.kind, where)
        if element.codes and one not in element.codes | _LEFT_OUT.get(where, set()):
            yield f"{where}: {one} is no code of it"
