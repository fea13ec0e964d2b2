"""The WSGI application that the web server runs."""

import os

from django.core.wsgi import get_wsgi_application

from operations.sqlite import must_exist

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lms.settings")
must_exist()
application = get_wsgi_application()
