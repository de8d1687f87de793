"""Every setting of Dens. Values come from typed readers that stop on nonsense (``config.env``)."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from corsheaders.defaults import default_headers
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from config import broker_patience, embedded_postgres
from config.env import env_bool, env_int, env_list, env_secret, env_str

BASE_DIR = Path(__file__).resolve().parent.parent
STATE_DIR = Path(env_str("DENS_STATE_DIR", str(BASE_DIR / "var"))).resolve()
KEYS_DIR = STATE_DIR / "keys"

DEBUG = env_bool("DENS_DEBUG", False)
SECRET_KEY = env_secret("DENS_SECRET_KEY", KEYS_DIR)
# Keys that live outside the database: whoever can write rows cannot make them verify.
AUDIT_KEY = env_secret("DENS_AUDIT_KEY", KEYS_DIR)
SIGNATURE_KEY = env_secret("DENS_SIGNATURE_KEY", KEYS_DIR)
# Draws pseudonyms and training splits; with another key an old patient would get a new name and perhaps another side.
DEIDENTIFICATION_KEY = env_secret("DENS_DEIDENTIFICATION_KEY", KEYS_DIR)
SITE_NAME = env_str("DENS_SITE_NAME", "Dens demo department")
DEPARTMENT_SECTION = env_str("DENS_SECTION", "neuroradiology")

ALLOWED_HOSTS = env_list("DENS_ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env_list("DENS_TRUSTED_ORIGINS", [])
HTTPS = env_bool("DENS_HTTPS", False)
TRUSTED_PROXIES = frozenset(env_list("DENS_TRUSTED_PROXIES", []))

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "corsheaders",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "reporting.statistics",
    "reporting.charts",
    "reporting.core",
    "reporting.audit_trail",
    "reporting.accounts",
    "reporting.studies",
    "reporting.predictions",
    "reporting.outbound",
    "reporting.dicom_network",
    "reporting.orders",
    "reporting.connections",
    "reporting.reports",
    "reporting.department_audit",
    "reporting.reader_studies",
    "reporting.worklist",
]
if env_bool("DENS_WITH_INFERENCE", True):  # the web image has no torch and none of the pixel commands
    INSTALLED_APPS.append("inference")

MIDDLEWARE = [
    "reporting.core.trusted_proxy.TrustedProxyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "reporting.core.request_id.RequestIdMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "reporting.core.content_policy.ContentPolicyMiddleware",
    "reporting.accounts.session_cookie.SessionCookieMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "reporting.accounts.session_account.SessionAccountMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "reporting.accounts.session_limits.SessionLimitsMiddleware",
    "reporting.accounts.page_account.PageAccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "reporting.core.no_store.NoStoreMiddleware",
    "reporting.accounts.refusal_pages.RefusalPagesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "reporting.core.context.site",
            ],
        },
    },
]


# --- database ---------------------------------------------------------------------------------------------------------
# Two roles: migrations run as the owner, everything else as an application role that may not UPDATE or DELETE what is
# signed or audited. With DATABASE_URL the owner is named by DATABASE_OWNER_URL (default: the same account).
_OWNER_COMMANDS = {"migrate", "makemigrations", "flush", "sqlmigrate", "seed_reports"}
_AS_OWNER = len(sys.argv) > 1 and sys.argv[1] in _OWNER_COMMANDS
# Commands that look at files only must run with the database down.
_WITHOUT_DATABASE = {"analyse", "phantom", "train", "evaluate", "stats", "makemessages", "compilemessages"}
_WITHOUT_DATABASE |= {"collectstatic", "spectacular", "phantom_figures", "simulate_readers"}


def database_from_url(url: str, password: str = "") -> dict[str, Any]:
    """``postgresql://user:password@host:port/name`` → a Django database entry; ``password`` for a URL without one."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise ImproperlyConfigured("DATABASE_URL must look like postgresql://user:password@host:port/name")
    return {
        "ENGINE": "config.database",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or "") or password,
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
    }


DATABASE_URL = env_str("DATABASE_URL")
if DATABASE_URL:
    EMBEDDED_CLUSTER = None
    _owner_url = env_str("DATABASE_OWNER_URL") if _AS_OWNER else ""
    _password = env_str("DATABASE_OWNER_PASSWORD" if _owner_url else "DATABASE_PASSWORD")
    DATABASES = {"default": database_from_url(_owner_url or DATABASE_URL, _password)}
else:
    EMBEDDED_CLUSTER = embedded_postgres.cluster_at(STATE_DIR)
    if not (len(sys.argv) > 1 and sys.argv[1] in _WITHOUT_DATABASE):
        embedded_postgres.ensure(STATE_DIR)
    DATABASES = {
        "default": {
            "ENGINE": "config.database",
            "NAME": embedded_postgres.DATABASE,
            "USER": embedded_postgres.OWNER_ROLE if _AS_OWNER else embedded_postgres.APPLICATION_ROLE,
            "HOST": str(EMBEDDED_CLUSTER.socket_dir),
        }
    }
# 0 switches the pool off, for workers: a pool and its threads do not survive the fork of a worker's children.
_pool_size = env_int("DENS_DATABASE_POOL", 8)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = not _pool_size  # with a pool, ``config.database`` does it
# A request that gets no connection for ten seconds fails: better an error than a page that hangs for half a minute.
DATABASES["default"]["OPTIONS"] = {"pool": {"min_size": 1, "max_size": _pool_size, "timeout": 10}} if _pool_size else {}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


# --- Celery -----------------------------------------------------------------------------------------------------------
def _embedded_broker() -> tuple[str, dict[str, Any]]:
    """PGMQ on the embedded cluster: no second server, nothing lost when a worker is killed (docs/decisions.md)."""
    assert EMBEDDED_CLUSTER is not None
    dsn = f"host={EMBEDDED_CLUSTER.socket_dir} port=5432 user={embedded_postgres.APPLICATION_ROLE} password=unused"
    return "pgmq://embedded", {  # the name is only for kombu, which warns without one; conn_string counts
        "conn_string": f"{dsn} dbname={embedded_postgres.BROKER_DATABASE}",
        "init_extension": False,
        # A message whose worker was killed comes back after this time. A longer task's message comes back too, and its
        # second run finds nothing to claim.
        "visibility_timeout": env_int("DENS_BROKER_VISIBILITY_S", 60, minimum=1),
        "polling_interval": 0.01,
        "poll_interval_ms": 20,
        "wait_time_seconds": 1,  # one long poll; a worker that is told to stop first ends the one it is in
        "pool_timeout": 3,  # a request must not wait long for a broker that is down
    }


CELERY_BROKER_URL = env_str("CELERY_BROKER_URL")
CELERY_BROKER_CONNECTION_TIMEOUT = broker_patience.SILENCE_S
CELERY_BROKER_TRANSPORT_OPTIONS = broker_patience.options_of(CELERY_BROKER_URL)
if not CELERY_BROKER_URL:
    if EMBEDDED_CLUSTER is None:
        raise ImproperlyConfigured("With DATABASE_URL set, CELERY_BROKER_URL must be set too")
    CELERY_BROKER_URL, _options = _embedded_broker()
    CELERY_BROKER_TRANSPORT_OPTIONS |= _options
INFERENCE_LEASE_S = env_int("DENS_INFERENCE_LEASE_S", 60, minimum=2)
INFERENCE_MAX_ATTEMPTS = env_int("DENS_INFERENCE_MAX_ATTEMPTS", 3, minimum=1)
WORKER_HEARTBEAT_S = env_int("DENS_WORKER_HEARTBEAT_S", 10, minimum=1)

# --- DICOM: the listener (manage.py dicom_listener), and how we call ourselves ----------------------------------------
DICOM_AE_TITLE = env_str("DENS_DICOM_AE_TITLE", "DENS")
DICOM_BIND = env_str("DENS_DICOM_BIND", "127.0.0.1:11112")
DICOM_PROCESSES = env_int("DENS_DICOM_PROCESSES", 8, minimum=1)  # associations at once; others wait for a place
DICOM_PER_ADDRESS = env_int("DENS_DICOM_PER_ADDRESS", 4, minimum=1)
DICOM_MAX_PDU_BYTES = env_int("DENS_DICOM_MAX_PDU_BYTES", 128 * 1024, minimum=16 * 1024)
DICOM_NEGOTIATION_S = env_int("DENS_DICOM_NEGOTIATION_S", 10, minimum=1)
DICOM_SILENCE_S = env_int("DENS_DICOM_SILENCE_S", 60, minimum=1)
DICOM_TLS_CERTIFICATE = env_str("DENS_DICOM_TLS_CERTIFICATE")
DICOM_TLS_KEY = env_str("DENS_DICOM_TLS_KEY")
DICOM_TLS_PEERS_CA = env_str("DENS_DICOM_TLS_PEERS_CA")

# --- Sending: who certifies TLS destinations (empty: the machine's authorities), our own certificate for those who ask
# for one, and where the files of tokens are --------------------------------------------------------------------------
DESTINATIONS_CA = env_str("DENS_DESTINATIONS_CA")
DESTINATIONS_CERTIFICATE = env_str("DENS_DESTINATIONS_CERTIFICATE")
DESTINATIONS_KEY = env_str("DENS_DESTINATIONS_KEY")
DESTINATIONS_SECRETS_DIR = env_str("DENS_DESTINATIONS_SECRETS_DIR", "/run/secrets")

# --- HL7 v2: the listener (manage.py message_listener) ---------------------------------------------------------------
HL7_BIND = env_str("DENS_MESSAGES_BIND", "127.0.0.1:2575")
HL7_CONNECTIONS = env_int("DENS_MESSAGES_CONNECTIONS", 32, minimum=1)
HL7_PER_ADDRESS = env_int("DENS_MESSAGES_PER_ADDRESS", 8, minimum=1)
HL7_MAX_BYTES = env_int(
    "DENS_MESSAGES_MAX_BYTES", 4 * 1024**2, minimum=64 * 1024
)  # of one message; orders have some KB
HL7_MESSAGE_S = env_int("DENS_MESSAGES_WITHIN_S", 30, minimum=1)  # from a message's first byte to its last
HL7_IDLE_S = env_int("DENS_MESSAGES_IDLE_S", 3600, minimum=1)  # a connection may stay open so long without a message
HL7_KEEP_DAYS = env_int("DENS_MESSAGES_KEEP_DAYS", 0, minimum=0)  # 0: for ever
HL7_TLS_CERTIFICATE = env_str("DENS_MESSAGES_TLS_CERTIFICATE")
HL7_TLS_KEY = env_str("DENS_MESSAGES_TLS_KEY")
HL7_TLS_PEERS_CA = env_str("DENS_MESSAGES_TLS_PEERS_CA")

# --- quality of the readings
PEER_LEARNING_PER_DAY = env_int("DENS_PEER_LEARNING_PER_DAY", 8, minimum=1)
PEER_LEARNING_REVIEWERS = env_int("DENS_PEER_LEARNING_REVIEWERS", 2, minimum=1)  # 1 or 2; two who differ ask a third
PEER_LEARNING_GRADES = env_bool("DENS_PEER_LEARNING_GRADES", False)  # RADPEER grades beside the answers

# --- people -----------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "worklist:list"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
SESSION_ENGINE = "reporting.accounts.session_store"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_IDLE_S = env_int("DENS_SESSION_IDLE_S", 15 * 60, minimum=60)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-dens-session" if HTTPS else "dens-session"
CSRF_COOKIE_NAME = "__Host-dens-csrf" if HTTPS else "dens-csrf"
CSRF_COOKIE_HTTPONLY = False  # our scripts send it back in a header
CSRF_FAILURE_VIEW = "config.errors.csrf_failure"
SIGNING_PASSWORD_VALID_S = env_int("DENS_SIGNING_PASSWORD_VALID_S", 300)

# --- headers ----------------------------------------------------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health/"]  # asked from inside the container, before any proxy
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}

# --- languages and time -----------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_HTTPONLY = True
USE_I18N = True
USE_TZ = True
TIME_ZONE = env_str("DENS_TIME_ZONE", "UTC")

# --- files ------------------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
# The viewer's bundle, made at set-up; without it the reading page shows plain pictures and says so.
VIEWER_DIR = BASE_DIR / "built" / "viewer"
STATICFILES_DIRS: list[Any] = [BASE_DIR / "static"]
if VIEWER_DIR.is_dir():
    STATICFILES_DIRS.append(("viewer", VIEWER_DIR))
CHARTS_DIR = BASE_DIR / "built" / "charts"  # plotly.js; without it the audit pages show their tables alone
if CHARTS_DIR.is_dir():
    STATICFILES_DIRS.append(("charts", CHARTS_DIR))
STATIC_ROOT = STATE_DIR / "staticfiles"
WHITENOISE_USE_FINDERS = True
WHITENOISE_IMMUTABLE_FILE_TEST = r"^.*/viewer/assets/.+-[\w-]{8}\.\w+$"  # names hold a digest of the content
BLOB_DIR = Path(env_str("DENS_BLOB_DIR", str(STATE_DIR / "blobs")))
ALGORITHM_DIR = STATE_DIR / "algorithms"  # the files of registered algorithms, shared by all workers
ALGORITHM_CALLABLES = env_list("DENS_ALGORITHMS", [])  # the site's own: [name=]package.module:callable
_cases = env_str("DENS_FROZEN_CASES_DIR")
FROZEN_CASES_DIR = Path(_cases) if _cases else None  # the site's own studies with reference results, one per folder
MIN_FREE_BYTES = env_int("DENS_MIN_FREE_BYTES", 500 * 1024 * 1024)
CACHE_BYTES = env_int("DENS_CACHE_BYTES", 4 * 1024**3)  # decoded frames and pictures in the state folder
DATA_UPLOAD_MAX_NUMBER_FILES = 5000
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FONTS_DIR = Path(env_str("DENS_FONTS_DIR", str(BASE_DIR / "node_modules" / "@embedpdf" / "fonts-sc" / "fonts")))

# --- Programs in other origins' pages, such as a viewer: with a token, never with a cookie, and only to read ----------
CORS_ALLOWED_ORIGINS = env_list("DENS_CORS_ORIGINS", [])
CORS_URLS_REGEX = r"^/(dicom-web|fhir)/"
CORS_ALLOW_METHODS = ["GET", "HEAD", "OPTIONS"]
CORS_ALLOW_HEADERS = [*default_headers, "if-none-match", "if-range", "range"]
CORS_EXPOSE_HEADERS = ["Content-Range", "ETag", "Warning"]

# --- API --------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["reporting.core.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "reporting.core.rest.Pagination",
    "PAGE_SIZE": 50,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "reporting.accounts.refusal_pages.api_exception_handler",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Dens",
    "DESCRIPTION": "Structured MR reports of the cervical spine.",
    "VERSION": "0.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SCHEMA_PATH_PREFIX": "/api/",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "UserRoleEnum": "reporting.accounts.models.Role",
        "SeriesRoleEnum": "reporting.accounts.viewer_preferences.SERIES_ROLES",
        "JobStatusEnum": "reporting.predictions.models.JobStatus",
        "ProposalStatusEnum": "reporting.core.two_people.ProposalStatus",
        "VersionKindEnum": "reporting.reports.models.VersionKind",
        "AlgorithmKindEnum": "reporting.predictions.models.AlgorithmKind",
        "AlgorithmStatusEnum": "reporting.predictions.models.AlgorithmStatus",
        "CaseRunStatusEnum": "reporting.predictions.models.CaseRunStatus",
        "MarkKindEnum": "reporting.reports.correction_models.MarkKind",
        "MarkStateEnum": "reporting.reports.correction_models.MarkState",
        "MarkStructureEnum": "reporting.reports.correction_serializers.STRUCTURES",
        "ReportStatusEnum": "reporting.reports.serializers.STATUS_CHOICES",
        "ReportLanguageEnum": "reporting.reports.serializers.LANGUAGE_CHOICES",
    },
}

# --- logs: our ids, never a patient's name, identifier or free text ------------------------------------------------
# Warnings of libraries quote what they read; on a site they are dropped instead of printed.
logging.captureWarnings(not DEBUG)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "reporting.core.logs.JsonFormatter"}},
    "filters": {"ids": {"()": "reporting.core.logs.IdsFilter"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["ids"]},
        "nowhere": {"class": "logging.NullHandler"},
    },
    "root": {"handlers": ["console"], "level": env_str("DENS_LOG_LEVEL", "INFO")},
    "loggers": {
        "django.server": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        # Both quote what they read. (A level would not do: pydicom sets its own when it is imported.)
        "pydicom": {"handlers": ["nowhere"], "propagate": False},
        "pynetdicom": {"handlers": ["nowhere"], "propagate": False},
        "py.warnings": {"handlers": ["nowhere"], "propagate": False},
    },
}
