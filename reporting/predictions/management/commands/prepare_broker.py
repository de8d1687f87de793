"""``manage.py prepare_broker``: make the embedded broker ready. Safe to run at every start."""

from __future__ import annotations

from typing import Any

import psycopg
from celery import current_app
from django.conf import settings
from django.core.management.base import BaseCommand
from pgmq.install import get_embedded_install_sql

# Two processes started together must not install at once; any constant of our own will do.
_INSTALL_LOCK = 0x44454E54


class Command(BaseCommand):
    help = "Install PGMQ's SQL into the broker database and create the queues (embedded broker only)"
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        if "conn_string" not in settings.CELERY_BROKER_TRANSPORT_OPTIONS:
            self.stdout.write("The broker is not the embedded one: nothing to prepare")
            return
        with psycopg.connect(settings.CELERY_BROKER_TRANSPORT_OPTIONS["conn_string"]) as connection:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [_INSTALL_LOCK])
            installed = connection.execute("SELECT to_regclass('pgmq.meta')").fetchone()
            if installed == (None,):
                # Without parameters psycopg sends the whole script at once; PGMQ's own installer does the same.
                connection.execute(get_embedded_install_sql().encode())
        # Before the first message, so that a sender never has to make a queue.
        with current_app.connection_for_write() as broker:
            for queue in current_app.amqp.queues.values():
                queue(broker.default_channel).declare()
        self.stdout.write("Broker ready")
