"""The WSGI entry point for servers."""

import os

from django.core.wsgi import get_wsgi_application

from config.served import settle

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
settle()
