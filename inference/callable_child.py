"""The process in which a site's own algorithm runs once: ``python -m inference.callable_child TARGET ANSWER``.

``{"act": "describe"}`` or ``{"act": "run", "paths": […]}`` comes in on standard input; the answer goes into the file
``ANSWER``. A process of its own, because the algorithm may crash, hang, leak, print or change what it imports. Imports
neither Django nor torch; the algorithm imports what it needs.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

FIELDS = ("finding", "level", "side", "probability", "mm", "slice")


def main() -> None:
    target, answer = sys.argv[1], Path(sys.argv[2])
    request = json.load(sys.stdin)
    try:
        function = _function(target)
        if request["act"] == "describe":
            said: dict[str, Any] = {"description": _description(function)}
        else:
            said = {"statements": _statements(function([Path(path) for path in request["paths"]]))}
        text = json.dumps(said, default=_number)
    except Exception as error:
        # The kind only: the text may quote what stands in a file.
        text = json.dumps({"failed": type(error).__name__})
    answer.write_text(text)


def _function(target: str) -> Callable[[list[Path]], Any]:
    module, _, name = target.partition(":")
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    if not callable(found):
        raise TypeError(f"{target} cannot be called")
    called: Callable[[list[Path]], Any] = found
    return called


def _description(function: Callable[[list[Path]], Any]) -> dict[str, Any]:
    return {
        "version": str(getattr(function, "version", "")),
        "applicability": str(getattr(function, "applicability", "")),
        "thresholds": dict(getattr(function, "thresholds", {})),
    }


def _statements(returned: Iterable[Any]) -> list[dict[str, Any]]:
    return [_statement(one) for one in returned]


def _statement(one: Any) -> dict[str, Any]:
    if isinstance(one, Mapping):
        if set(one) - set(FIELDS):
            raise ValueError("a statement has a field that is not known")
        return {field: one.get(field) for field in FIELDS}
    return dict(zip(FIELDS, one, strict=True))


def _number(value: Any) -> Any:
    """NumPy's and torch's numbers."""
    return value.item()


if __name__ == "__main__":
    main()
