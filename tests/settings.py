"""Settings for tests: the ordinary ones, run as the database's superuser so that triggers can be tested and lifted."""

from config.settings import *  # noqa: F403
from config.settings import DATABASES, EMBEDDED_CLUSTER, STATIC_ROOT

if EMBEDDED_CLUSTER is not None:
    DATABASES["default"]["USER"] = "postgres"
    DATABASES["default"]["NAME"] = "postgres"
# A pool would keep connections open that block dropping the test database.
DATABASES["default"]["OPTIONS"] = {}
DATABASES["default"]["TEST"] = {"NAME": "test_dens"}
PASSWORD_HASHERS = ["tests.hashers.CheapArgon2"]
SECURE_SSL_REDIRECT = False
# WhiteNoise warns about a folder that collectstatic has not made yet; warnings are errors here.
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
# A real transport inside the test process: messages can be looked at, and none reaches a worker.
CELERY_BROKER_URL = "memory://"
CELERY_BROKER_TRANSPORT_OPTIONS = {}
# Every client of a test has a handler of its own, and each would look through all static files again.
WHITENOISE_AUTOREFRESH = True
