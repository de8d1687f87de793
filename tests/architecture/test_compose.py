"""Without a container engine: everything that docker-compose.yml and the Dockerfile name exists in the project."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.core.management import get_commands

from config.probe import PROBES
from config.worker import arguments
from tests.architecture.compose_file import compose, dockerfile_instructions, expand, our_services, variables_read
from tests.paths import REPOSITORY

_NOT_OURS = {"NVIDIA_VISIBLE_DEVICES", "NVIDIA_DRIVER_CAPABILITIES"}
_IMAGE_VARIABLES = {"PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "PIP_NO_CACHE_DIR", "PIP_DISABLE_PIP_VERSION_CHECK"}
_IMPORTS = re.compile(r"""(?:from|import\()\s*["'](\.[^"']+\.mjs)["']""")
SERVICES = our_services()


def _check_command(command: list[str]) -> None:
    program, *rest = command
    if program == "gunicorn":
        assert rest[0] == "--config"
        assert (REPOSITORY / rest[1]).is_file()
        module, _, attribute = rest[2].partition(":")
        assert hasattr(importlib.import_module(module), attribute)
    elif rest[0] == "manage.py":
        assert (REPOSITORY / "manage.py").is_file()
        assert rest[1] in get_commands()
    else:
        assert (program, rest[0]) == ("python", "-m")
        assert importlib.util.find_spec(rest[1]) is not None
        if rest[1] == "config.worker":
            assert rest[2] in {"inference", "default", "beat"}
            assert set(rest[3:]) <= {"--without-beat"}
            assert arguments(rest[2], "name", beat="--without-beat" not in rest)[0] in {"worker", "beat"}
        else:
            assert rest[1] == "config.probe"
            assert rest[2] in PROBES


def test_the_promised_services_are_there() -> None:
    assert set(compose()["services"]) == {
        "postgres",
        "redis",
        "migrate",
        "web",
        "dicom-listener",
        "hl7-listener",
        "worker-inference",
        "worker-default",
        "beat",
    }


@pytest.mark.parametrize("name", SERVICES)
def test_every_command_and_health_check_exists(name: str) -> None:
    service = SERVICES[name]
    _check_command(service["command"])
    if name != "migrate":
        test = service["healthcheck"]["test"]
        assert test[0] == "CMD"
        _check_command(test[1:])


@pytest.mark.parametrize("name", SERVICES)
def test_every_variable_is_read_by_the_project(name: str) -> None:
    given = set(SERVICES[name]["environment"]) - _NOT_OURS
    assert {variable.removesuffix("_FILE") for variable in given} <= variables_read()


@pytest.mark.parametrize("name", SERVICES)
def test_every_secret_file_is_mounted_and_made(name: str) -> None:
    service, made = SERVICES[name], (REPOSITORY / "docker" / "create_secrets.sh").read_text()
    for variable, value in service["environment"].items():
        if variable.endswith("_FILE"):
            secret = value.removeprefix("/run/secrets/")
            assert secret in service["secrets"], f"{name} reads {variable} but does not get the secret"
            assert secret in compose()["secrets"]
            assert secret in made


@pytest.mark.parametrize("name", SERVICES)
def test_our_containers_are_not_root_and_cannot_become_it(name: str) -> None:
    service = SERVICES[name]
    assert service["user"].split(":")[0] not in {"0", "root"}
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]


def test_no_secret_is_written_into_the_file() -> None:
    text = (REPOSITORY / "docker-compose.yml").read_text()
    for line in text.splitlines():
        if re.search(r"(PASSWORD|_KEY)[A-Z_]*:", line):
            assert "_FILE: /run/secrets/" in line, line
    assert not re.search(r"://[^@\s/]+:[^@\s]+@", text), "an address carries a password"


def test_names_that_are_used_are_declared() -> None:
    file = compose()
    for name, service in file["services"].items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (REPOSITORY / source).exists(), source
            else:
                assert source in file["volumes"], source
        assert set(service.get("secrets", [])) <= set(file["secrets"]), name
        assert set(service.get("networks", [])) <= set(file["networks"]), name
        assert set(service.get("depends_on", {})) <= set(file["services"]), name


def test_the_published_port_is_the_one_that_is_bound_and_exposed() -> None:
    web = SERVICES["web"]
    inside = web["environment"]["DENS_BIND"].rpartition(":")[2]
    assert [expand(port, {}).rpartition(":")[2] for port in web["ports"]] == [inside]
    assert expand(web["ports"][0], {}).startswith("127.0.0.1:"), "open to the network only when asked"
    assert ("EXPOSE", inside) in dockerfile_instructions()


def test_queues_and_broker_are_the_projects() -> None:
    environment = SERVICES["web"]["environment"]
    assert re.fullmatch(r"redis://redis:6379/\d", environment["CELERY_BROKER_URL"])
    assert re.fullmatch(r"postgresql://dens_app@postgres:5432/dens", environment["DATABASE_URL"])
    roles = (REPOSITORY / "docker" / "create_roles.sh").read_text()
    assert "CREATE ROLE dens_app" in roles
    assert "CREATE DATABASE dens OWNER dens_owner" in roles
    assert os.access(REPOSITORY / "docker" / "create_roles.sh", os.X_OK)


def test_only_the_inference_worker_asks_for_the_card() -> None:
    runtimes = {name: service.get("runtime") for name, service in SERVICES.items()}
    assert expand(runtimes.pop("worker-inference"), {}) == "nvidia"
    assert set(runtimes.values()) == {None}


def test_every_target_and_copied_path_of_the_dockerfile_exists() -> None:
    instructions = dockerfile_instructions()
    stages = {rest.rpartition(" AS ")[2] for word, rest in instructions if word == "FROM"}
    assert {service["build"]["target"] for service in SERVICES.values()} <= stages
    for word, rest in instructions:
        if word == "COPY" and not rest.startswith("--from"):
            for source in rest.split()[:-1]:
                assert (REPOSITORY / source).exists(), source
    for word, rest in instructions:
        if word == "ENV":
            assert set(re.findall(r"(\w+)=", rest)) - _IMAGE_VARIABLES <= variables_read()


def test_what_the_viewer_is_built_from_is_copied_before_it_is_built() -> None:
    stage = ""
    copied: list[Path] = []
    for word, rest in dockerfile_instructions():
        if word == "FROM":
            stage = rest.rpartition(" AS ")[2]
        elif word == "COPY" and stage == "browser":
            copied += [REPOSITORY / source for source in rest.split()[:-1]]
    seen, coming = set(), [REPOSITORY / "viewer" / "main.mjs"]
    while coming:
        module = coming.pop()
        if module not in seen:
            seen.add(module)
            assert any(module.is_relative_to(path) for path in copied), module
            coming += [(module.parent / name).resolve() for name in _IMPORTS.findall(module.read_text())]
    assert {"api_client.mjs", "save_queue.mjs", "viewer.mjs"} <= {module.name for module in seen}


def test_the_web_image_has_no_torch() -> None:
    text = (REPOSITORY / "Dockerfile").read_text()
    web = text[text.index("FROM base AS web") : text.index("FROM base AS worker")]
    assert "COPY inference" not in web
    assert "DENS_WITH_INFERENCE=0" in web
    requirements = (REPOSITORY / "requirements" / "web.txt").read_text().lower()
    assert not re.search(r"^(torch|monai|simpleitk)\b", requirements, re.MULTILINE)


def test_both_images_end_as_an_ordinary_user() -> None:
    users: dict[str, Any] = {}
    stage = ""
    for word, rest in dockerfile_instructions():
        if word == "FROM":
            stage = rest.rpartition(" AS ")[2]
        elif word == "USER":
            users[stage] = rest
    assert users == {"web": "dens", "worker": "dens"}


def test_secrets_are_made_once_and_stay(tmp_path: Path) -> None:
    folder = tmp_path / "docker"
    folder.mkdir()
    script = folder / "create_secrets.sh"
    script.write_text((REPOSITORY / "docker" / "create_secrets.sh").read_text())
    subprocess.run(["sh", str(script)], check=True, capture_output=True)
    first = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    subprocess.run(["sh", str(script)], check=True, capture_output=True)
    assert first == {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    assert set(first) == set(compose()["secrets"])
    assert len(set(first.values())) == len(first)
    assert all(len(value) >= 50 for value in first.values())
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0
