"""What programs that we did not write say of DICOM files: dciodvfy, dcmtk, PixelMed, and the reader that OHIF uses."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.paths import REPOSITORY

_JARS = [Path("/usr/share/java") / name for name in ("pixelmed.jar", "bsh.jar")]
# As shipped PixelMed stops at limits of the XPath engine.
_LIMITS = [f"-Djdk.xml.xpath{name}=0" for name in ("TotalOpLimit", "ExprOpLimit", "ExprGrpLimit")]
# Its context group 100 knows no MR of the neck; PS3.16 lets it be extended. Laterality is asked for by its check of
# unpaired parts (PS3.3 C.7.3.1 asks for it in paired ones only).
_KNOWN = ("not found in context group 100", "GeneralSeriesModule/Laterality")
# It takes ASCII for all that may stand in a text, whatever the character set.
_ALPHABET = re.compile(r"Illegal character\(s\) '([^\x00-\x7f]+)' in value of (?:PN|LO|SH|LT|ST|UT) VR")
# Of every file that is in UTF-8: its check of values does not know that set.
_DCMTK_KNOWN = (
    "W: The VR checker does not support this Specific Character Set: ISO_IR 192",
    "W: Check for template constraints not yet supported",
)


def needs(program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed: the object was NOT checked with it")


def saved(content: bytes, folder: Path, name: str = "object.dcm") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def errors_of(path: Path) -> list[str]:
    """What dciodvfy calls an error. Its check of text does not know ISO_IR 192, which is no error of ours."""
    done = subprocess.run(["dciodvfy", "-new", str(path)], capture_output=True, text=True, timeout=60, check=False)
    lines = (done.stdout + done.stderr).splitlines()
    # It names the kind of object that it took it for; without that it did not come so far as to judge it.
    assert done.returncode in (0, 1)
    assert any(line and not line.startswith(("Error", "Warning")) for line in lines), lines
    return [line for line in lines if line.startswith("Error")]


def dcmtk(program: str, *arguments: str | Path) -> tuple[str, list[str]]:
    """What it prints, and its warnings but for those that every object of ours gets."""
    command = [program, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout, [line for line in done.stderr.splitlines() if line.strip() and line not in _DCMTK_KNOWN]


def pixelmed(kind: str, paths: Sequence[Path]) -> dict[str, list[str]]:
    """By file what PixelMed's validator (``sr`` or ``instance``) says; all in one process, for it is long in starting.

    It takes one file at a time: BeanShell hands it the others.
    """
    needs("java")
    if missing := [jar.name for jar in _JARS if not jar.exists()]:
        pytest.skip(f"{missing} not installed (apt: libpixelmed-java bsh): the objects were NOT checked with PixelMed")
    script = REPOSITORY / "tests" / "reports" / "pixelmed.bsh"
    command = ["java", *_LIMITS, "-cp", ":".join(map(str, _JARS)), "bsh.Interpreter", str(script), kind]
    done = subprocess.run(
        [*command, *map(str, paths)], capture_output=True, text=True, timeout=600, check=True, encoding="utf-8"
    )
    said: dict[str, list[str]] = {}
    for line in done.stdout.splitlines():
        if line.startswith("File "):
            said[line.removeprefix("File ")] = lines = []
        elif line.strip():
            lines.append(line)
    assert set(said) == set(map(str, paths)), done.stdout + done.stderr
    return said


def pixelmed_errors(lines: Sequence[str]) -> Iterator[str]:
    """Those that are none of its own known mistakes."""
    for line in lines:
        if line.startswith("Error") and not any(known in line for known in _KNOWN) and not _ALPHABET.search(line):
            yield line


def as_viewers_read(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """What dcmjs, with which OHIF reads, finds in each file."""
    needs("node")
    if not (REPOSITORY / "node_modules" / "dcmjs").exists():
        pytest.skip("dcmjs is not installed (npm ci): the objects were NOT read as OHIF reads them")
    script = str(REPOSITORY / "tests" / "reports" / "read_objects.cjs")
    environment = {**os.environ, "NODE_PATH": str(REPOSITORY / "node_modules")}
    done = subprocess.run(
        ["node", script, *map(str, paths)], env=environment, capture_output=True, text=True, timeout=120, check=True
    )
    return [json.loads(line) for line in done.stdout.splitlines()]
