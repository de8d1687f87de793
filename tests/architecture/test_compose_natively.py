"""The commands of docker-compose.yml, run on this machine against Debian's PostgreSQL and Redis until Dens is ready."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.compose_file import compose, expand, our_services
from tests.paths import REPOSITORY

pytestmark = pytest.mark.process
_SOME_ROWS = (
    "from reporting.accounts.models import Role\n"
    "from reporting.accounts.services import create_user\n"
    "create_user(username='first-admin', full_name='First Admin', role=Role.ADMIN, by=None)\n"
)
_VERIFY = (
    "import io, django\n"
    "from django.core.management import call_command\n"
    "django.setup()\n"
    "for name in ('verify_audit', 'verify_reports'): call_command(name, stdout=io.StringIO())\n"
    "call_command('state_digest', '--json', '--read-files')\n"
)
READY_WITHIN_S = 150


def _postgres_binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if not found:
        pytest.skip("Debian's postgresql is not installed: the compose commands were NOT run natively")
    return found[-1].parent


def _redis() -> str:
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed: the compose commands were NOT run natively")
    return program


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _not_root() -> list[str]:
    """As in the containers nothing may need root; PostgreSQL even refuses it."""
    return ["unshare", "-U", "--map-user=65534", "--map-group=65534", "--"] if os.geteuid() == 0 else []


@dataclass
class Site:
    """One department's services in a temporary folder."""

    folder: Path
    postgres_port: int = field(default_factory=_free_port)
    redis_port: int = field(default_factory=_free_port)
    web_port: int = field(default_factory=_free_port)

    def environment(self, service: dict[str, Any]) -> dict[str, str]:
        """The service's own variables, with this machine's addresses in place of the containers'."""
        chosen = {"DENS_ALLOWED_HOSTS": "dens.example.org", "DENS_HTTPS": "1", "DENS_TRUSTED_PROXIES": "127.0.0.1"}
        given = {name: expand(value, chosen) for name, value in service["environment"].items()}
        for name, value in given.items():
            value = value.replace("@postgres:5432", f"@127.0.0.1:{self.postgres_port}")
            value = value.replace("redis://redis:6379", f"redis://127.0.0.1:{self.redis_port}")
            value = value.replace("/run/secrets/", f"{self.folder}/secrets/")
            value = value.replace("/var/lib/dens", str(self.folder / "state"))
            given[name] = value.replace("0.0.0.0:8000", f"127.0.0.1:{self.web_port}")
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        path = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}"
        return {**kept, **given, "PATH": path, "PYTHONPATH": str(REPOSITORY), "NVIDIA_VISIBLE_DEVICES": ""}

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")[-3000:]


@contextmanager
def _running(site: Site, name: str, command: list[str], environment: dict[str, str] | None = None) -> Iterator[Any]:
    with (site.folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            [*_not_root(), *command],
            cwd=REPOSITORY,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(process.pid, number)
            except ProcessLookupError:
                break
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                continue


def _start_postgres(site: Site, stack: ExitStack) -> None:
    binaries, data = _postgres_binaries(), site.folder / "postgres"
    superuser_password = site.folder / "secrets" / "postgres_password"
    options = ["-U", "postgres", "-A", "scram-sha-256", "--pwfile", str(superuser_password), "-E", "UTF8", "--no-sync"]
    made = [*_not_root(), str(binaries / "initdb"), "-D", str(data), "--locale=C.UTF-8", *options]
    subprocess.run(made, check=True, capture_output=True)
    _name, *given = compose()["services"]["postgres"]["command"]
    listen = [*given, "-c", "listen_addresses=127.0.0.1", "-c", f"port={site.postgres_port}"]
    listen += ["-c", "unix_socket_directories="]
    stack.enter_context(_running(site, "postgres", [str(binaries / "postgres"), "-D", str(data), *listen]))
    address = {"PGHOST": "127.0.0.1", "PGPORT": str(site.postgres_port)}
    ready = [str(binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(site.postgres_port)]
    _wait(lambda: subprocess.run(ready, check=False).returncode == 0, 60, lambda: site.log("postgres"))
    script = next(v for v in compose()["services"]["postgres"]["volumes"] if v.startswith("./")).split(":")[0]
    environment = {
        **address,
        "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
        "POSTGRES_USER": "postgres",
        "PGPASSWORD": superuser_password.read_text(),
        "SECRETS_DIR": str(site.folder / "secrets"),
    }
    subprocess.run(["sh", str(REPOSITORY / script)], env=environment, check=True, capture_output=True)


def _start_redis(site: Site, stack: ExitStack) -> None:
    _redis_name, *options = compose()["services"]["redis"]["command"]
    (site.folder / "redis").mkdir()
    where = ["--bind", "127.0.0.1", "--port", str(site.redis_port), "--dir", str(site.folder / "redis")]
    stack.enter_context(_running(site, "redis", [_redis(), *options, *where]))


def _wait(condition: Any, seconds: float, explain: Any) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"not within {seconds} s: {explain()}")
        time.sleep(0.5)


def _health(site: Site) -> dict[str, Any]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{site.web_port}/health/ready", headers={"Host": "dens.example.org"}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return dict(json.load(answer))
    except (urllib.error.URLError, OSError) as error:
        return {"status": str(error)}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Databases up, migrated, and every service of the file running."""
    _postgres_binaries(), _redis()
    folder = tmp_path_factory.mktemp("site")
    (folder / "docker").mkdir()
    (folder / "state").mkdir()
    shutil.copy(REPOSITORY / "docker" / "create_secrets.sh", folder / "docker")
    subprocess.run(["sh", str(folder / "docker" / "create_secrets.sh")], check=True, capture_output=True)
    made = Site(folder)
    services = our_services()
    with ExitStack() as stack:
        _start_postgres(made, stack)
        _start_redis(made, stack)
        migrate = services.pop("migrate")
        done = subprocess.run(
            [*_not_root(), *migrate["command"]],
            cwd=REPOSITORY,
            env=made.environment(migrate),
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        for name, service in services.items():
            stack.enter_context(_running(made, name, service["command"], made.environment(service)))
        yield made


def test_everything_becomes_ready_and_every_health_check_passes(site: Site) -> None:
    logs = {name: lambda name=name: site.log(name) for name in our_services() if name != "migrate"}
    _wait(
        lambda: _health(site)["status"] == "ok",
        READY_WITHIN_S,
        lambda: json.dumps({"health": _health(site), **{name: log() for name, log in logs.items()}}, indent=1),
    )
    for name, service in our_services().items():
        if "healthcheck" in service:
            probe = subprocess.run(
                [*_not_root(), *service["healthcheck"]["test"][1:]],
                cwd=REPOSITORY,
                env=site.environment(service),
                check=False,
                capture_output=True,
                text=True,
            )
            assert probe.returncode == 0, (name, probe.stderr[-2000:])


def test_behind_a_proxy_with_tls_cookies_and_headers_are_strict(site: Site) -> None:
    _wait(lambda: _health(site)["status"] in {"ok", "degraded"}, READY_WITHIN_S, lambda: site.log("web"))
    address = f"http://127.0.0.1:{site.web_port}/accounts/login/"
    headers = {"Host": "dens.example.org", "X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "https"}
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=30) as answer:
        cookie, policy = answer.headers["Set-Cookie"], answer.headers["Content-Security-Policy"]
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert cookie.startswith("__Host-dens-csrf=")
    assert {"Secure", "Path=/", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy


def _python(site: Site, code: str) -> subprocess.CompletedProcess[str]:
    """Run code in the web service's environment, after Django's set-up."""
    environment = site.environment(our_services()["web"])
    environment["DJANGO_SETTINGS_MODULE"] = "config.settings"
    code = f"import django; django.setup()\n{code}"
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)


def test_refused_statements_and_requests_leave_no_patient_in_any_log(site: Site) -> None:
    code = (
        "from django.db import IntegrityError\n"
        "from reporting.studies.models import Patient\n"
        "Patient.objects.create(patient_id='CANARY-4711', name='CANARY^NAME')\n"
        "try: Patient.objects.create(patient_id='CANARY-4711', name='CANARY^NAME')\n"
        "except IntegrityError: print('refused')\n"
    )
    assert _python(site, code).stdout.strip() == "refused"
    _wait(lambda: _health(site)["status"] in {"ok", "degraded"}, READY_WITHIN_S, lambda: site.log("web"))
    with socket.create_connection(("127.0.0.1", site.web_port), timeout=10) as raw:
        raw.sendall(b"GET /CANARY^NAME NONSENSE/x\r\nCANARY: CANARY\r\n\r\n")
        raw.recv(1000)
    assert "Invalid request" in site.log("web")
    for log in site.folder.glob("*.log"):
        assert b"CANARY" not in log.read_bytes(), log.name


def test_the_application_may_not_change_what_is_signed_or_audited(site: Site) -> None:
    tables = ["audit_trail_auditevent", "reports_reportversion", "reports_signature", "predictions_prediction"]
    code = (
        "from django.db import connection\n"
        "cursor = connection.cursor()\n"
        f"for table in {tables}:\n"
        "    for right in ('UPDATE', 'DELETE', 'TRUNCATE'):\n"
        "        cursor.execute('SELECT has_table_privilege(%s, %s)', [table, right])\n"
        "        assert cursor.fetchone() == (False,), (table, right)\n"
        "    cursor.execute('SELECT has_table_privilege(%s, %s)', [table, 'INSERT'])\n"
        "    assert cursor.fetchone() == (True,), table\n"
    )
    asked = _python(site, code)
    assert asked.returncode == 0, asked.stderr[-2000:]


def test_a_restored_copy_is_equal_and_as_well_guarded(site: Site) -> None:
    """The backup and restore of docs/operations.md."""
    binaries, dump = _postgres_binaries(), str(site.folder / "dens.dump")
    server = {
        "PGHOST": "127.0.0.1",
        "PGPORT": str(site.postgres_port),
        "PGUSER": "postgres",
        "PGPASSWORD": (site.folder / "secrets" / "postgres_password").read_text(),
    }
    assert _python(site, _SOME_ROWS).returncode == 0
    for command in (
        ["pg_dump", "--format", "custom", "--file", dump, "dens"],
        ["createdb", "--owner", "dens_owner", "restored"],
        ["pg_restore", "--dbname", "restored", "--exit-on-error", dump],
    ):
        subprocess.run([str(binaries / command[0]), *command[1:]], env=server, check=True, capture_output=True)
    states = []
    for database in ("dens", "restored"):
        environment = site.environment(our_services()["web"])
        environment["DATABASE_URL"] = environment["DATABASE_URL"].removesuffix("/dens") + f"/{database}"
        environment["DJANGO_SETTINGS_MODULE"] = "config.settings"
        command = [sys.executable, "-c", _VERIFY]
        ran = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, (database, ran.stderr[-1000:])
        states.append(json.loads(ran.stdout))
    assert states[0] == states[1]
    assert states[0]["tables"]["audit_trail.auditevent"]["count"] > 0
    guarded = "SELECT has_table_privilege('dens_app', 'reports_signature', 'UPDATE')"
    asked = [str(binaries / "psql"), "-XAtc", guarded, "restored"]
    assert subprocess.run(asked, env=server, check=True, capture_output=True, text=True).stdout.strip() == "f"


def test_the_production_settings_pass_djangos_own_check(site: Site) -> None:
    environment = site.environment(our_services()["web"])
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    checked = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr[-3000:]
