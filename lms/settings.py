"""Settings. Everything an operator may change comes from the environment; the defaults serve one machine.

Embedded by default (SQLite, local files, a local worker), distributed by configuration (DATABASE_URL, REDIS_URL …).
"""

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.conf.locale import LANG_INFO

from lms.languages import EXTRA_LANG_INFO
from lms.upkeep.logs import configuration
from operations.sqlite import Connection

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "data"))).resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True)


def _secret_key() -> str:
    """The key from the environment, or one made at first run and kept in DATA_DIR (readable by its owner only)."""
    if key := env.str("SECRET_KEY", default=""):
        return key
    path = DATA_DIR / "secret-key"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    key = secrets.token_urlsafe(48)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(key)
    return key


SECRET_KEY = _secret_key()
DEBUG = env.bool("DEBUG", default=False)
TLS = env.bool("TLS", default=False)  # the site is reached over https
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000").rstrip("/")  # printed on certificates
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "lms",
    "certificates",
    "workshops",
    "assessments",
    "courses",
    "content",
    "programme",
    "records",
    "people",
    "operations",
    "wagtail_localize",
    "wagtail_localize.locales",
    "wagtail.contrib.settings",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.users",
    "wagtail.sites",
    "wagtail.embeds",
    "wagtail.admin",
    "wagtail.search",
    "wagtail",
    "modelcluster",
    "taggit",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "csp",
]

MIDDLEWARE = [
    "lms.upkeep.logs.RequestIdMiddleware",
    "lms.upkeep.pause.MaintenanceMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # A lesson goes from 21 KB to 8. Tokens in pages are masked anew each time, and Django adds bytes at random (BREACH).
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "lms.middleware.SiteMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "people.presence.PresenceMiddleware",
    "people.middleware.AccessMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
]

ROOT_URLCONF = "lms.urls"
WSGI_APPLICATION = "lms.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "lms.context.site",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static"],
        },
    }
]

# --- data -----------------------------------------------------------------------------------------------------------

DATABASES: dict[str, Any] = {
    "default": env.db_url("DATABASE_URL")
    if env.str("DATABASE_URL", default="")
    # Not written as an address: a folder's name may hold spaces, “+” or “%”.
    else {"ENGINE": "django.db.backends.sqlite3", "NAME": str(DATA_DIR / "kalanso.sqlite3")}
}
DATABASES["default"]["ATOMIC_REQUESTS"] = False
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE: two writers wait for each other instead of failing. FULL: what was acknowledged survives a power cut.
    # recursive_triggers: INSERT OR REPLACE must not pass the insert-only triggers of the record.
    DATABASES["default"]["OPTIONS"] = {
        "factory": Connection,
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA busy_timeout=20000;"
        "PRAGMA foreign_keys=ON;PRAGMA recursive_triggers=ON;PRAGMA cache_size=-4000;PRAGMA mmap_size=134217728;",
    }
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # Seconds: a server that cannot be reached must not hold a page.
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
# Opening SQLite with its pragmas and functions costs as much as all queries of a page (`operations.connections`).
DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="")
CACHES = {
    "default": {
        # Redis where it is set, else files, not memory: the cache is shared by all processes of the machine.
        "BACKEND": "operations.cache.Sheltered",
        "LOCATION": DATA_DIR / "cache",
        # Room enough that counters of failures to sign in are not thrown out by others.
        "OPTIONS": {"MAX_ENTRIES": 5000, "redis": REDIS_URL},
    }
}

# The rows of operations.Job are the queue. With a broker, Celery's workers do them and its beat wakes the sweeper;
# without one, `manage.py work` looks at the same rows. Both may run at once.
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="")
CELERY_TASK_DEFAULT_QUEUE = "kalanso"
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = {
    # What nobody took in time is void: the next wake-up does the same.
    "sweep": {"task": "operations.tasks.sweep", "schedule": 2.0, "options": {"expires": 10}}
}

# --- people ---------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = ["people.backends.AccountBackend"]
# Argon2id at OWASP's minimum (19 MiB, 2 passes, 1 lane): see people.hashers.
PASSWORD_HASHERS = ["people.hashers.Argon2id", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "learn"
LOGOUT_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "people.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_SIGNUP = env.str("ACCOUNT_SIGNUP", default="invitation")  # open, invitation, closed
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Kalanso · "
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # nobody gets our mail because a stranger typed an address
ACCOUNT_FORMS = {
    "login": "people.forms.LoginForm",
    "signup": "people.forms.SignupForm",
    "change_password": "people.forms.ChangePasswordForm",
    "set_password": "people.forms.SetPasswordForm",
    "reset_password": "people.forms.ResetPasswordForm",
    "reset_password_from_key": "people.forms.ResetPasswordKeyForm",
    "reauthenticate": "people.forms.ReauthenticateForm",
}
# Another service that signs people in (docs/accounts.md): only where it is configured.
OIDC_SERVER = env.str("OIDC_SERVER", default="")
OIDC_STAFF_CLAIM = env.str("OIDC_STAFF_CLAIM", default="")  # the claim that holds the staff number
OIDC_ORIGINS = env.list(
    "OIDC_ORIGINS", default=["{0.scheme}://{0.netloc}".format(urlsplit(OIDC_SERVER))] if OIDC_SERVER else []
)
SIGN_IN_ELSEWHERE: dict[str, str] | None = None
if OIDC_SERVER:
    INSTALLED_APPS += ["allauth.socialaccount", "allauth.socialaccount.providers.openid_connect"]
    SIGN_IN_ELSEWHERE = {"name": env.str("OIDC_NAME", default="OIDC"), "address": "/accounts/oidc/main/login/"}
    SOCIALACCOUNT_ADAPTER = "people.elsewhere.ElsewhereAdapter"
    SOCIALACCOUNT_ONLY = False
    SOCIALACCOUNT_STORE_TOKENS = False
    SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [
                {
                    "provider_id": "main",
                    "name": SIGN_IN_ELSEWHERE["name"],
                    "client_id": env.str("OIDC_CLIENT_ID"),
                    "secret": env.str("OIDC_CLIENT_SECRET"),
                    "settings": {"server_url": OIDC_SERVER},
                }
            ],
        }
    }
# Proxies of ours before the site, each adding to X-Forwarded-For: without this the whole country is one address.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXIES", default=0)
# A whole workshop signs in from one address: per address only far above a full room. Failures count per account and
# address (people.adapter), and each further series waits longer.
ACCOUNT_RATE_LIMITS = {
    "login": "300/m/ip",
    "login_failed": "600/m/ip,5/60s/key,10/900s/key,20/3600s/key",
    "signup": "120/m/ip",
    "reset_password": "120/m/ip,5/m/key",
    "reset_password_from_key": "300/m/ip",
    "look_at_code": "300/m/ip",
}
# Second factors: required of people with a role before they reach a desk (never before their own courses).
MFA_REQUIRED = env.bool("MFA_REQUIRED", default=TLS)
MFA_ADAPTER = "people.second_factor.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # people are known by those who made their accounts, not by an address
MFA_TOTP_ISSUER = "Kalanso"
MFA_TOTP_TOLERANCE = 1  # half a minute: clocks of phones that are rarely on line are not exact
MFA_RATE_LIMITS = {"webauthn_login": "300/m/ip"}
MFA_FORMS = {
    "authenticate": "people.forms.SecondStepForm",
    "reauthenticate": "people.forms.SecondStepAgainForm",
    "activate_totp": "people.forms.ActivateAppForm",
    "add_webauthn": "people.forms.AddKeyForm",
    "edit_webauthn": "people.forms.EditKeyForm",
    "authenticate_webauthn": "people.forms.PasskeyForm",
    "reauthenticate_webauthn": "people.forms.PasskeyAgainForm",
    "login_webauthn": "people.forms.PasskeyLoginForm",
}
# Minutes without a request after which a session ends: on shared devices and for people with a role, and for others.
IDLE_MINUTES = env.int("IDLE_MINUTES", default=30)
IDLE_MINUTES_OWN = env.int("IDLE_MINUTES_OWN", default=8 * 60)

# --- languages ------------------------------------------------------------------------------------------------------

LANG_INFO.update(EXTRA_LANG_INFO)
LANGUAGE_CODE = "fr"
ALL_LANGUAGES = [
    ("fr", "Français"),
    ("en", "English"),
    ("ar", "العربية"),
    ("bm", "Bamanankan"),
    ("ff", "Fulfulde"),
    ("ses", "Soŋay"),
    ("taq", "Tamasheq"),
    ("nqo", "ߒߞߏ"),
]
_enabled = env.list("LANGUAGES", default=["fr", "en", "ar"])
LANGUAGES = [pair for pair in ALL_LANGUAGES if pair[0] in _enabled]
LANGUAGES_BIDI = ["ar", "nqo"]
# The languages of courses and pages; each must be among LANGUAGES.
_content = env.list("CONTENT_LANGUAGES", default=["fr", "en"])
WAGTAIL_CONTENT_LANGUAGES = [pair for pair in LANGUAGES if pair[0] in _content]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_SECURE = TLS
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", default="Africa/Bamako")

# --- pages and files ------------------------------------------------------------------------------------------------

# Stands under the icon on a phone and in every title: it must not say what the courses are about.
APP_NAME = env.str("APP_NAME", default="Kalanso")
WAGTAIL_SITE_NAME = APP_NAME
WAGTAILADMIN_BASE_URL = SITE_URL
WAGTAIL_I18N_ENABLED = True
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_APPEND_SLASH = True
WAGTAILIMAGES_IMAGE_MODEL = "content.Picture"
WAGTAILDOCS_DOCUMENT_MODEL = "content.Attachment"
WAGTAILIMAGES_EXTENSIONS = ["gif", "jpg", "jpeg", "png", "webp", "svg"]
WAGTAILEMBEDS_FINDERS: list[dict] = []
WAGTAILADMIN_LOGIN_URL = "account_login"
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database", "AUTO_UPDATE": True}}
WAGTAILADMIN_RECENT_EDITS_LIMIT = 5
TAGGIT_CASE_INSENSITIVE = True

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(DATA_DIR / "static")))
MEDIA_ROOT = DATA_DIR / "files"
MEDIA_URL = "/files/"  # an authorised view, not a public folder
# nginx's internal address of MEDIA_ROOT: it then sends the bytes. What lies in a bucket goes through the view.
FILES_ACCEL = "" if env.str("S3_BUCKET", default="") else env.str("FILES_ACCEL", default="")
WAGTAILDOCS_SERVE_METHOD = "direct"  # documents too go through that view
# An S3-compatible service instead of DATA_DIR/files: for several machines. Its bucket is private; browsers never see it.
S3_BUCKET = env.str("S3_BUCKET", default="")
_files = (
    {
        "BACKEND": "operations.files.Bucket",
        "OPTIONS": {
            "bucket_name": S3_BUCKET,
            "endpoint_url": env.str("S3_ENDPOINT", default="") or None,
            "region_name": env.str("S3_REGION", default="") or None,
            "access_key": env.str("S3_ACCESS_KEY", default="") or None,
            "secret_key": env.str("S3_SECRET_KEY", default="") or None,
        },
    }
    if S3_BUCKET
    else {"BACKEND": "django.core.files.storage.FileSystemStorage"}
)
STORAGES: dict[str, dict[str, Any]] = {
    "default": _files,
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if env.bool("MANIFEST_STATIC", default=True)
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
# nginx, in the group of the site's account, reads what it is to send; nobody else does.
FILE_UPLOAD_PERMISSIONS = 0o640 if FILES_ACCEL else 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o750 if FILES_ACCEL else None
CURRICULUM_DIR = Path(env.str("CURRICULUM_DIR", default=str(BASE_DIR / "content" / "curriculum")))
SIGNING_DIR = Path(env.str("SIGNING_DIR", default=str(DATA_DIR / "signing")))
# A key from a recognised authority (PEM; the signer's certificate first) instead of the one made at first run.
SIGNING_KEY_FILE = Path(env.str("SIGNING_KEY_FILE")) if env.str("SIGNING_KEY_FILE", default="") else None
SIGNING_CHAIN_FILE = Path(env.str("SIGNING_CHAIN_FILE")) if env.str("SIGNING_CHAIN_FILE", default="") else None
SIGNING_PASSPHRASE = env.str("SIGNING_PASSPHRASE", default="")  # opens that key; also protects one made here

# --- backups --------------------------------------------------------------------------------------------------------

BACKUP_DIR = Path(env.str("BACKUP_DIR", default=str(DATA_DIR / "backups")))
# The second place: another disk, or one of another machine that is mounted here.
BACKUP_COPY_DIR = Path(env.str("BACKUP_COPY_DIR")) if env.str("BACKUP_COPY_DIR", default="") else None
BACKUP_PUBLIC_KEY = env.str("BACKUP_PUBLIC_KEY", default="")  # age1…: archives are encrypted to it
BACKUP_KEEP = env.int("BACKUP_KEEP", default=14)
# A clock further than this after the last moment known for sure is in doubt until an administrator confirms it.
CLOCK_JUMP_DAYS = env.int("CLOCK_JUMP_DAYS", default=30)
# After so many years, names and telephones of participants of workshops who have no account are taken away.
NAMES_WITHOUT_ACCOUNT_YEARS = max(1, env.int("NAMES_WITHOUT_ACCOUNT_YEARS", default=5))

# --- mail -----------------------------------------------------------------------------------------------------------

if env.str("EMAIL_URL", default=""):
    vars().update(env.email_url("EMAIL_URL"))
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = DATA_DIR / "mail"
EMAIL_TIMEOUT = 20  # seconds: a mail server that says nothing must not hold the worker
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("FROM_EMAIL", default="Kalanso <kalanso@localhost>")

# --- security -------------------------------------------------------------------------------------------------------

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"  # but for the editors (lms.middleware)
SESSION_ENGINE = "operations.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
if TLS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = env.bool("SSL_REDIRECT", default=True)
    SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=31536000)
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_USE_SESSIONS = True
CSRF_FAILURE_VIEW = "lms.views.errors.csrf_failure"
CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": ["/authoring/"],  # lms.middleware sets the policy of the editors
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "media-src": [SELF],
        "manifest-src": [SELF],
        # A form that leads to another service is followed there: browsers hold the redirect to this rule too.
        "form-action": [SELF, *OIDC_ORIGINS],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}
# Whether the other hosts of a ministry's domain speak https only (W005, W021) is not for this site to say.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

# --- tests and logs -------------------------------------------------------------------------------------------------

LOGGING = configuration(DATA_DIR, env.str("LOG_LEVEL", default="WARNING"))
