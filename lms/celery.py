"""Celery, for installations with a broker: `celery -A lms worker`, and once for all machines `celery -A lms beat`."""

from __future__ import annotations

import os

from celery import Celery

from operations.sqlite import must_exist

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings")

must_exist()
app = Celery("kalanso")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["operations"])
