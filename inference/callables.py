"""A site's own algorithm: a registered Python callable, run in a process of its own, shown beside ours.

It takes the paths of one study's DICOM files and returns statements (finding, level, side, probability, mm, slice); see
docs/plug_ins.md. Only what the installation names may be run: the entry points ``dens.algorithms`` of installed
packages and ``DENS_ALGORITHMS``. A row in the database names no code.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from inference.content_digest import file_sha256
from inference.results import AlgorithmInfo
from inference.serialise import SCHEMA_VERSION
from reporting.vocabulary import GateStatus, MachineFinding

GROUP = "dens.algorithms"
CHILD = "inference.callable_child"
TIME_LIMIT_S = 600.0
DEFAULT_THRESHOLD = 0.5
MAX_ANSWER_BYTES = 1024 * 1024
MAX_STATEMENTS = 500
_TARGET = re.compile(r"(?:([\w.-]+)=)?([A-Za-z_][\w.]*:[A-Za-z_][\w.]*)")
# No secrets: neither keys nor passwords of the database. What a plug-in needs is called DENS_PLUGIN_….
_PASSED_ON = re.compile(r"PATH|HOME|LANG|LC_\w+|TZ|TMPDIR|LD_LIBRARY_PATH|(CUDA|NVIDIA|OMP|MKL|DENS_PLUGIN)_\w+")


class CallableFailed(Exception):
    """No usable answer. ``reason`` is a code of ``failure_words``; the message is technical, without patient data."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


@dataclass(frozen=True)
class Registered:
    """A callable that this installation names. ``version``: of its distribution, where it has one."""

    name: str
    target: str
    version: str = ""


@dataclass(frozen=True)
class Description:
    """What a callable says of itself by its attributes."""

    version: str
    applicability: str
    thresholds: Mapping[str, float] = field(default_factory=dict)


def registered(named: Iterable[str]) -> dict[str, Registered]:
    """Every callable of this installation by name. ``named``: ``[name=]package.module:callable``, as in the setting.

    Raises:
        ValueError: an entry is malformed, or two have the same name.
    """
    found: dict[str, Registered] = {}
    for text in named:
        match = _TARGET.fullmatch(text)
        if match is None:
            raise ValueError(f"DENS_ALGORITHMS: {text!r} is not [name=]package.module:callable")
        name = match.group(1) or match.group(2).rpartition(":")[2].replace("_", "-")
        _add(found, Registered(name, match.group(2)))
    for entry in entry_points(group=GROUP):
        version = entry.dist.version if entry.dist is not None else ""
        _add(found, Registered(entry.name, entry.value, version))
    return found


def _add(found: dict[str, Registered], one: Registered) -> None:
    if one.name in found:
        raise ValueError(f"two algorithms are called {one.name!r}: {found[one.name].target} and {one.target}")
    found[one.name] = one


def files_digest(target: str) -> str:
    """SHA-256 over the callable's name and every file of its top-level package (or its module): code and weights in it.

    What the package reads from elsewhere is not part of it.

    Raises:
        CallableFailed: there is no such package here.
    """
    top = target.partition(":")[0].partition(".")[0]
    spec = importlib.util.find_spec(top)
    if spec is None or (spec.submodule_search_locations is None and not spec.has_location):
        raise CallableFailed("algorithm_missing", f"the package {top} is not installed here")
    lines = [f"{target}\n"]
    if spec.submodule_search_locations is None:
        lines.append(f"{file_sha256(Path(str(spec.origin)))}  {top}\n")
    for place in spec.submodule_search_locations or ():
        root = Path(place)
        for path in sorted(path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
            lines.append(f"{file_sha256(path)}  {path.relative_to(root).as_posix()}\n")
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def describe(one: Registered) -> Description:
    """Ask the callable for its version, thresholds and applicability, in a process of its own.

    Raises:
        CallableFailed: it cannot be imported, or what it says is not acceptable.
    """
    said = _ask(one.target, {"act": "describe"}, TIME_LIMIT_S).get("description", {})
    thresholds = said.get("thresholds", {})
    known = {finding.value for finding in MachineFinding}
    for name, value in thresholds.items():
        if name not in known or not isinstance(value, (int, float)) or not 0 <= value <= 1:
            raise CallableFailed(
                "incomplete_result", f"threshold {name[:32]!r}: not a finding with a number from 0 to 1"
            )
    return Description(said.get("version") or one.version or "0", said.get("applicability", ""), thresholds)


def analysis_of(
    target: str,
    paths: Sequence[Path],
    *,
    info: AlgorithmInfo,
    thresholds: Mapping[str, float],
    time_limit_s: float = TIME_LIMIT_S,
) -> dict[str, Any]:
    """What the callable says of one study, as analysis JSON without levels; not yet checked against the vocabulary.

    Raises:
        CallableFailed: it raised, crashed or hung, or answered with something else than statements.
    """
    said = _ask(target, {"act": "run", "paths": [str(path) for path in paths]}, time_limit_s)
    statements = said.get("statements", [])
    if len(statements) > MAX_STATEMENTS:
        raise CallableFailed("incomplete_result", f"{len(statements)} statements; at most {MAX_STATEMENTS}")
    return {
        "schema_version": SCHEMA_VERSION,
        "series": [],
        "gate": {"status": GateStatus.RUN.value, "reasons": [], "findings": {}},
        "levels": [],
        "predictions": [_prediction(one, thresholds) for one in statements],
        "measurements": [],
        "algorithm": vars(info),
        "quality": {},
        "timings_s": {},
    }


def _prediction(said: Mapping[str, Any], thresholds: Mapping[str, float]) -> dict[str, Any]:
    probability = said["probability"]
    threshold = thresholds.get(str(said["finding"]), DEFAULT_THRESHOLD)
    is_number = isinstance(probability, (int, float)) and not isinstance(probability, bool)
    return {
        **{name: said[name] for name in ("finding", "level", "side", "probability", "mm")},
        "threshold": threshold,
        "positive": is_number and probability >= threshold,
        "source_slice": _slice(said["slice"]),
    }


def _slice(said: Any) -> dict[str, Any]:
    """A SOP instance UID, or one with the number of a frame."""
    try:
        uid, frame = (said, None) if said is None or isinstance(said, str) else said
    except (TypeError, ValueError) as error:
        raise CallableFailed("incomplete_result", "A slice is neither a UID nor a UID with a frame") from error
    return {"sop_instance_uid": uid, "frame_number": frame}


def _ask(target: str, request: Mapping[str, Any], time_limit_s: float) -> dict[str, Any]:
    environment = {name: value for name, value in os.environ.items() if _PASSED_ON.fullmatch(name)}
    environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    with tempfile.TemporaryDirectory(prefix="plug-in-") as place:
        answer = Path(place) / "answer.json"
        child = subprocess.Popen(
            [sys.executable, "-m", CHILD, target, str(answer)],
            env={**environment, "TMPDIR": place},
            cwd=place,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            child.communicate(json.dumps(request).encode(), timeout=time_limit_s)
        except subprocess.TimeoutExpired as error:
            raise CallableFailed("time_limit", f"It did not answer within {time_limit_s:g} s") from error
        finally:
            _end(child)
        return _answer(answer, child.returncode)


def _end(child: subprocess.Popen[bytes]) -> None:
    """The child and whatever it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _answer(answer: Path, exit_status: int) -> dict[str, Any]:
    if exit_status != 0 or not answer.is_file():
        how = f"by signal {-exit_status}" if exit_status < 0 else f"with status {exit_status}"
        raise CallableFailed("algorithm_crashed", f"Its process ended {how}")
    if answer.stat().st_size > MAX_ANSWER_BYTES:
        raise CallableFailed("incomplete_result", "The answer is too long")
    try:
        said: dict[str, Any] = json.loads(answer.read_text())
    except ValueError as error:
        raise CallableFailed("algorithm_crashed", "Its answer was cut off") from error
    if "failed" in said:
        raise CallableFailed("algorithm_crashed", f"It raised {str(said['failed'])[:64]}")
    return said
