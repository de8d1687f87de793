"""``make demo-audit``: the department audit over invented reports, in a database of its own. Nobody in it is real.

Invented reports have no place in the audit trail, so they never share a database with reports that somebody signed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

REPORTS = 3000
STATE = Path(os.environ.get("DENS_STATE_DIR", "var")) / "demo-audit"
os.environ["DENS_STATE_DIR"] = str(STATE)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from config import embedded_postgres  # noqa: E402  the settings read the environment
from config.demo.processes import Processes, free_port  # noqa: E402


def manage(*arguments: str, check: bool = True) -> None:
    subprocess.run([sys.executable, "manage.py", *arguments], check=check, stdin=subprocess.DEVNULL)


def main() -> int:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    address = f"127.0.0.1:{free_port(8000)}"
    try:
        manage("migrate", "--verbosity", "0")
        manage("collectstatic", "--noinput", "--verbosity", "0")
        print(f"Inventing {REPORTS} signed reports, unless they are there", flush=True)
        manage("seed_reports", str(REPORTS), check=False)  # says so when they are there already
        subprocess.run([sys.executable, "-m", "config.demo.audit_boards"], check=True, stdin=subprocess.DEVNULL)
        with Processes(STATE / "logs") as processes:
            gunicorn = [str(Path(sys.executable).parent / "gunicorn"), "--config", "config/gunicorn.py"]
            processes.start("web", [*gunicorn, "config.wsgi:application"], DENS_BIND=address)
            manage("create_demo_users")
            print(
                f"\nSign in as auditor: http://{address}/audit/ (Ctrl-C stops; the data is kept in {STATE})", flush=True
            )
            while (problem := processes.dead()) is None:
                time.sleep(1)
            print(f"demo-audit: {problem}", file=sys.stderr)
            return 1
    except KeyboardInterrupt:
        print("\nStopping")
    finally:
        if "DATABASE_URL" not in os.environ:
            embedded_postgres.stop(STATE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
