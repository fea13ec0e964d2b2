"""Make the bare site and serve it as tools/web.py serves ours: `python -m bench.bare.serve PORT`."""

import importlib
import os
import sys

os.environ["DJANGO_SETTINGS_MODULE"] = "bench.bare.settings"

import django
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import connections
from granian import Granian
from granian.constants import HTTPModes, Interfaces

PARAGRAPH = "<p>Une personne détenue qui n'est écrite nulle part peut disparaître : le registre la protège.</p>"


def prepare() -> None:
    """Tables, and one page under the root of the default site."""
    from wagtail.models import Page, Site  # noqa: PLC0415 - once Django is set up

    from bench.bare.models import BarePage  # noqa: PLC0415

    call_command("migrate", interactive=False, verbosity=0)
    if BarePage.objects.exists():
        return
    home = Site.objects.get(is_default_site=True).root_page.specific
    assert isinstance(home, Page)
    home.add_child(
        instance=BarePage(
            title="Leçon", slug="lesson", intro="Pourquoi un registre", body=f"<h2>Le registre</h2>{PARAGRAPH * 90}"
        )
    )


application = None


def main() -> None:
    django.setup()
    prepare()
    get_wsgi_application()
    connections.close_all()
    Granian(
        "bench.bare.serve:site",
        address="127.0.0.1",
        port=int(sys.argv[1]),
        interface=Interfaces.WSGI,
        workers=int(os.environ.get("WEB_WORKERS", "2")),
        blocking_threads=2,
        http=HTTPModes.http1,
        websockets=False,
    ).serve()


def site(environ, start_response):  # type: ignore[no-untyped-def]
    """The application, made at the first request of a process."""
    global application
    if application is None:
        application = importlib.import_module("django.core.wsgi").get_wsgi_application()
    return application(environ, start_response)


if __name__ == "__main__":
    main()
