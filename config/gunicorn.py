"""gunicorn: threads, because pages wait for the database more than they compute."""

from __future__ import annotations

import os

bind = os.environ.get("DENS_BIND", "127.0.0.1:8000")
workers = int(os.environ.get("DENS_WEB_WORKERS", "2"))
threads = int(os.environ.get("DENS_WEB_THREADS", "4"))
timeout = 120
graceful_timeout = 20
max_requests = 5000
max_requests_jitter = 500
# The access log would write request lines; ours are structured and carry no query strings.
accesslog = None
errorlog = "-"
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "reporting.core.logs.JsonFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "gunicorn.error": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "gunicorn.access": {"handlers": [], "propagate": False},
    },
}
# A socket for remote control in the home folder: not needed, and two installations would share it.
control_socket_disable = True
