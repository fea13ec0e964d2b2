"""The settings as an operator with a certificate has them: nothing left to say for Django's own checks."""

from __future__ import annotations

from tests.lms.backends.processes import ask_settings

PRODUCTION = {
    "TLS": "yes",
    "SITE_URL": "https://formation.example.org",
    "ALLOWED_HOSTS": "formation.example.org",
    "CSRF_TRUSTED_ORIGINS": "https://formation.example.org",
    "TRUSTED_PROXIES": "1",
    "MANIFEST_STATIC": "no",
}
CHECK = """
import django; django.setup()
from django.core.management import call_command
call_command("check", deploy=True, fail_level="WARNING")
print("clean")
"""


def test_the_checks_for_deployment_find_nothing(tmp_path):
    done = ask_settings(CHECK, tmp_path, **PRODUCTION)
    assert done.stdout.split()[-1:] == ["clean"], done.stderr[-3000:]


def test_postgresql_redis_celery_and_a_bucket_pass_them_too(tmp_path):
    more = {
        "DATABASE_URL": "postgres://kalanso:p%25ss@db.example.org/kalanso",
        "REDIS_URL": "redis://cache.example.org/1",
        "CELERY_BROKER_URL": "redis://cache.example.org/2",
        "S3_BUCKET": "kalanso",
        "S3_ENDPOINT": "https://s3.example.org",
        "EMAIL_URL": "smtp+tls://kalanso:p%25ss@mail.example.org:587",
    }
    code = (
        CHECK
        + "from django.conf import settings as s; print(s.DATABASES['default']['PASSWORD'], s.EMAIL_HOST_PASSWORD)"
    )
    done = ask_settings(code, tmp_path, **PRODUCTION, **more)
    assert done.stdout.split()[-3:] == ["clean", "p%ss", "p%ss"], done.stderr[-3000:]
