"""The bounded child: reads headers of untrusted files, one JSON line in, one JSON line out. Run by ``sandbox``.

Started as ``python -m reporting.studies.header_child MEMORY_BYTES CPU_SECONDS``. It limits itself before the first
untrusted byte, has no secrets in its environment and cannot write files. Imports neither Django nor torch.
"""

from __future__ import annotations

import json
import resource
import sys
import warnings
from pathlib import Path
from typing import Any

import pydicom

from reporting.studies.dicom_gate import check_file
from reporting.studies.header_codec import encode_header
from reporting.studies.headers import read_instance_header
from reporting.studies.refusals import FileRefused, RefusalCode

_DEFER_BYTES = 1024 * 1024  # larger values stay on disk; no header field is that large


def main() -> None:
    memory_bytes, cpu_seconds = int(sys.argv[1]), int(sys.argv[2])
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for line in sys.stdin:
        _allow_cpu(cpu_seconds)
        sys.stdout.write(json.dumps(_read(Path(json.loads(line)))) + "\n")
        sys.stdout.flush()


def _allow_cpu(seconds: int) -> None:
    """Move the soft limit, so that each file has its own budget; the kernel ends the child that passes it."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(usage.ru_utime + usage.ru_stime) + 1 + seconds, hard))


def _read(path: Path) -> dict[str, Any]:
    try:
        check_file(path)
        dataset = pydicom.dcmread(path, stop_before_pixels=True, defer_size=_DEFER_BYTES)
        return {"header": encode_header(read_instance_header(dataset))}
    except FileRefused as refusal:
        return {"refused": refusal.code.value}
    except MemoryError:
        return {"refused": RefusalCode.PARSER_MEMORY.value}
    except RecursionError:
        return {"refused": RefusalCode.TOO_DEEP.value}
    except OSError:
        return {"refused": RefusalCode.UNREADABLE.value}
    except Exception:
        # Whatever a damaged header makes the library raise: this file is refused, the child goes on.
        return {"refused": RefusalCode.DAMAGED.value}


if __name__ == "__main__":
    main()
