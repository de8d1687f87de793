"""docker-compose.yml, the Dockerfile and the project's environment variables, as data for tests."""

from __future__ import annotations

import ast
import re
from typing import Any

import yaml

from tests.paths import REPOSITORY

_NAME = re.compile(r"(DENS|DATABASE|CELERY)_[A-Z0-9_]+")
_READERS = {"env_str", "env_bool", "env_int", "env_list", "env_secret"}


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text(encoding="utf-8"))
    return loaded


def our_services() -> dict[str, dict[str, Any]]:
    """Those whose image is built here."""
    return {name: service for name, service in compose()["services"].items() if "build" in service}


def dockerfile_instructions() -> list[tuple[str, str]]:
    text = (REPOSITORY / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines()]
    return [tuple(line.split(None, 1)) for line in lines if line and not line.startswith("#")]  # type: ignore[misc]


def expand(value: str, environment: dict[str, str]) -> str:
    """Compose's ``${NAME:-default}`` and ``${NAME:?message}``."""

    def one(match: re.Match[str]) -> str:
        name, _, rest = match[1].partition(":")
        return environment.get(name) or (rest[1:] if rest.startswith("-") else "")

    return re.sub(r"\$\{([^}]+)\}", one, str(value))


def variables_read() -> set[str]:
    """Names of the environment variables that the project's own code reads (by ``config.env`` or ``os.environ``)."""
    names = set()
    packages = ("config", "reporting", "inference")
    for path in [path for package in packages for path in REPOSITORY.glob(f"{package}/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and _reads_environment(node.func):
                names |= {str(part.value) for part in ast.walk(node.args[0]) if _is_name(part)}
    return names


def _reads_environment(function: ast.expr) -> bool:
    return ast.unparse(function) in {*_READERS, "os.environ.get", "os.getenv"}


def _is_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(_NAME.fullmatch(node.value))
