"""Every setting of the paper. The environment is read here and nowhere else.

docs/configuration.md documents each variable; a test compares the two. Settings start
nothing: the embedded servers are started by a command, and the default addresses only
point at their sockets.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP

from newsroom import paths


class Env(environ.Env):
    """The environment, typed; a value that cannot be read is refused by its name."""

    def get_value(self, var: str, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        try:
            return super().get_value(var, *args, **kwargs)
        except ValueError as error:
            raise ImproperlyConfigured(f"{var} cannot be read: {error}") from error


env = Env()

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = paths.var_dir()

DEBUG = env.bool("NEWSROOM_DEBUG", default=False)
SECRET_KEY = env.str(
    "NEWSROOM_SECRET_KEY", default="insecure-dev-key" if DEBUG else environ.Env.NOTSET
)
ALLOWED_HOSTS = env.list(
    "NEWSROOM_HOSTS", default=["localhost", "127.0.0.1", "[::1]", "testserver"]
)
CSRF_TRUSTED_ORIGINS = env.list("NEWSROOM_TRUSTED_ORIGINS", default=[])

# The paper itself
PAPER_NAME = env.str("NEWSROOM_NAME", default="The Halyard")
PAPER_URL = env.str("NEWSROOM_URL", default="http://127.0.0.1:8000").rstrip("/")
PAPER_VOLUME_ONE = env.int("NEWSROOM_FIRST_YEAR", default=2026)  # the year of Vol. I
# "day-of-year" (25 June 2026 is No. 176) or "counter" (one more than the last issue)
PAPER_NUMBERING = env.str("NEWSROOM_NUMBERING", default="day-of-year")
PAPER_EDITION = env.str("NEWSROOM_EDITION", default="{weekday} Ed.")

INSTALLED_APPS = [
    "staff",
    "newsroom.apps.NewsroomAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "django_prose_editor",
    "wire",
    "markets",
    "articles",
    "newsroom",
    "newsroom.operations",
    "newsroom.launcher",
    "demo",
]

MIDDLEWARE = [
    "newsroom.site.api.middleware.ApiAnswers",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "staff.refusal_log.LogRefusals",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "newsroom.site.database_down.DatabaseDownMiddleware",
]

ROOT_URLCONF = "newsroom.urls"
ASGI_APPLICATION = "newsroom.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "newsroom.site.pages.layout.in_every_page",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {"default": env.db("DATABASE_URL", default=paths.database_url())}
# Who owns the tables, for `migrate`, `prepare`, `restore` and `demo reset` alone.
DATABASE_OWNER = env.db(
    "DATABASE_OWNER_URL",
    default=env.str("DATABASE_URL", default=paths.owner_url()),
)
DATABASE_ROLE = DATABASES["default"].get("USER", "")  # that of everything else
DATABASES["default"]["ENGINE"] = "newsroom.database"  # which does not wait for ever
DATABASES["default"].setdefault("OPTIONS", {})
DATABASES["default"]["CONN_MAX_AGE"] = env.int("NEWSROOM_DB_MAX_AGE", default=60)  # s
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# No statement, lock or idle transaction may hold the paper up. Milliseconds.
DATABASES["default"]["OPTIONS"].setdefault(
    "options",
    "-c statement_timeout=30000 -c lock_timeout=5000"
    " -c idle_in_transaction_session_timeout=15000",
)
# Seconds a web process waits for an answer; what it asked is then not known to be done.
DATABASE_PATIENCE = env.int("NEWSROOM_DB_PATIENCE", default=8)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default=paths.redis_url())
# Kept pages are in each web process (newsroom/edge). This holds counts that all processes
# share: of requests to the API, where a rate is set.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"  # a wiped cache logs nobody out

AUTH_USER_MODEL = "staff.User"
AUTHENTICATION_BACKENDS = ["staff.roles.RoleBackend"]
PASSWORD_LENGTH = 12  # characters, the least
AUTH_PASSWORD_VALIDATORS: list[dict[str, object]] = [
    {"NAME": name, "OPTIONS": {"min_length": PASSWORD_LENGTH}}
    for name in (
        "django.contrib.auth.password_validation.MinimumLengthValidator",
        "staff.passwords.NameValidator",
    )
]
AUTH_PASSWORD_VALIDATORS += [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"  # where an unsafe "next" would lead elsewhere

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
PAPER_TIME_ZONE = env.str("NEWSROOM_TIME_ZONE", default="UTC")  # the day of an issue
USE_I18N = True
USE_TZ = True
FORMAT_MODULE_PATH = ["newsroom.formats"]

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
MEDIA_ROOT = VAR_DIR / "media"
MEDIA_URL = "/media/"
BLOB_DIR = VAR_DIR / "blobs"  # raw bytes of the wire, by their hash
STORAGES = {
    "default": {"BACKEND": "articles.storage.WholeFiles"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEBUG
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = [
    *("jpg", "jpeg", "png", "gif", "webp", "avif", "woff", "woff2", "gz", "br", "zip"),
    "map",  # large, and for developers alone
]
TEMP_DIR = VAR_DIR / "tmp"  # cleared of what a crash left; newsroom/apps.py makes it
FILE_UPLOAD_TEMP_DIR = TEMP_DIR
# Originals nobody has published lie among them; readers get pictures from the site.
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# Security
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF, CSP.NONCE],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "manifest-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
HTTPS = env.bool("NEWSROOM_HTTPS", default=not DEBUG)
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
# A proxy's word for the scheme and for the client's address
BEHIND_PROXY = env.bool("NEWSROOM_BEHIND_PROXY", default=False)
PROXIES = env.list("NEWSROOM_PROXIES", default=[])  # further ones, before the last
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "newsroom.site.pages.errors.unproven"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

# The wire
FETCH_ALLOW = env.list("NEWSROOM_FETCH_ALLOW", default=[])  # loopback "host:port"
DEMO_PORT = env.int("NEWSROOM_DEMO_PORT", default=8090)  # the demo's wire, loopback
FETCH_USER_AGENT = env.str(
    "NEWSROOM_USER_AGENT", default=f"newsroom/0.1 (+{PAPER_URL}/about/wire/)"
)

# Celery: a doorbell, see docs/architecture.md. All work is rows in PostgreSQL.
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default=paths.celery_url(REDIS_URL))
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_TIME_LIMIT = 120
CELERY_TASK_SOFT_TIME_LIMIT = 90
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 2, "interval_max": 0.5}
# Each queue has a worker of its own (newsroom/launcher/run.py), so that no kind of work
# waits for another; every task has its row here.
CELERY_TASK_ROUTES = {
    "wire.tasks.poll_due": {"queue": "ingest"},
    "wire.tasks.release_due": {"queue": "editorial"},
    "wire.tasks.prune": {"queue": "editorial"},
    "markets.tasks.refresh_due": {"queue": "markets"},
    "markets.tasks.prune": {"queue": "editorial"},
    "articles.tasks.announce_due": {"queue": "editorial"},
    "articles.tasks.follow_sources": {"queue": "editorial"},
    "articles.tasks.make_due_renditions": {"queue": "media"},
    "articles.tasks.prune": {"queue": "media"},
    "newsroom.operations.tasks.prune": {"queue": "editorial"},
    "newsroom.operations.tasks.render_stored_html": {"queue": "editorial"},
}
CELERY_TASK_DEFAULT_QUEUE = "editorial"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 1000
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 400_000  # KB
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 5.0
CELERY_WORKER_ENABLE_SOFT_SHUTDOWN_ON_IDLE = True
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_POOL_ACQUIRE_TIMEOUT = 2
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,  # s; longer than the longest task
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 10,
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
    "health_check_interval": 10,
    "retry_on_timeout": True,
}

REST_FRAMEWORK: dict[str, object] = {
    "DEFAULT_VERSIONING_CLASS": "rest_framework.versioning.NamespaceVersioning",
    "ALLOWED_VERSIONS": ["v1"],
    "DEFAULT_VERSION": "v1",
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
    # Open to all as the site is, and nobody is counted: the rate is None.
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.ScopedRateThrottle"],
    "DEFAULT_THROTTLE_RATES": {"api": None},
    "DEFAULT_RENDERER_CLASSES": ["foundation.api.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "foundation.api.pagination.KeysetPagination",
    "DEFAULT_FILTER_BACKENDS": ["foundation.api.parameters.FilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "foundation.api.schema.AutoSchema",
    "DEFAULT_METADATA_CLASS": None,  # OPTIONS is not answered
    "EXCEPTION_HANDLER": "newsroom.site.api.errors.handle",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS: dict[str, object] = {
    "TITLE": f"{PAPER_NAME}: partner API",
    "DESCRIPTION": (
        "Articles, the live wire and markets, read-only. Lists come newest first, by "
        "cursor, in one envelope; errors are RFC 9457 problem documents."
    ),
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.1",
    "SERVERS": [{"url": PAPER_URL}],
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "ArticleKind": "articles.models.choices.Kind",
        "InstrumentKind": "markets.models.instrument.Kind",
        "PostStatus": "wire.models.items.Status",
    },
}

# The edge: the instant of the next change that happens by the clock alone
EDGE_BOUNDARY = "articles.publication_boundary.next_boundary"
# Whether anything was taken back from readers since a transaction
EDGE_TAKEN_BACK = [
    "articles.publication_boundary.taken_back_since",
    "wire.ledger.taken_back_since",
]
EDGE_BYTES = env.int("NEWSROOM_EDGE_MB", default=64) * 1024 * 1024  # a process
FAST_PATH = env.bool("NEWSROOM_FAST_PATH", default=True)  # uvicorn_fast_path.py
PAGE_THREADS = env.int("NEWSROOM_PAGE_THREADS", default=4)  # making readers' pages
DESK_THREADS = env.int("NEWSROOM_DESK_THREADS", default=8)
LOGIN_THREADS = env.int("NEWSROOM_LOGIN_THREADS", default=2)  # comparing passwords
API_THREADS = env.int("NEWSROOM_API_THREADS", default=2)
FILE_THREADS = env.int("NEWSROOM_FILE_THREADS", default=4)  # pictures, and all else
LIVE_READERS = env.int("NEWSROOM_LIVE_READERS", default=5000)  # streams of a process
LIVE_PER_ADDRESS = env.int("NEWSROOM_LIVE_PER_ADDRESS", default=100)  # of those
METRICS_TOKEN = env.str(
    "NEWSROOM_METRICS_TOKEN", default=""
)  # empty: this machine only

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "newsroom.logs.LineFormatter"}},
    "filters": {"no_refusals": {"()": "newsroom.logs.NoRefusals"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["no_refusals"],
        }
    },
    "root": {
        "handlers": ["console"],
        "level": env.str("NEWSROOM_LOG_LEVEL", default="INFO"),
    },
}
