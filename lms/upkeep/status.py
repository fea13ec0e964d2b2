"""The state of the site in words, a row for each thing that can go wrong: how it is, and what to do."""

from __future__ import annotations

import shutil
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Max, Q
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from lms.upkeep import backup, jobs, selfcheck
from lms.upkeep.version import version
from operations import clock
from operations.faults import fault_of
from operations.models import Delivery, Job
from records import guard

OK, WARN, BAD = "ok", "warn", "bad"
FEW_DAYS, SCARCE_DAYS = 30, 7
SCARCE_BYTES = 500_000_000
SILENT = timedelta(minutes=3)  # the worker sends mail every minute, if only none


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the page. state: OK, WARN or BAD. todo: empty where there is nothing to do."""

    key: str
    label: str
    state: str
    says: str
    todo: str = ""


def rows() -> list[Row]:
    """Everything, in the order in which a technician would look. At most 17 queries, and one call to the site's own
    address where it has TLS. What cannot be found out is a bad row, not an error."""
    return [_found(look) for look in _LOOKS]


def _found(look: Callable[[], Row]) -> Row:
    try:
        return look()
    except Exception as error:
        if not isinstance(error, (DatabaseError, OSError)) and fault_of(error) is None:
            raise
        return Row(
            look.__name__.strip("_"),
            str(_NAMES[look]),
            BAD,
            _("This could not be found out: %(why)s") % {"why": type(error).__name__},
            _("Is the disk full, or the database stopped? The log says more."),
        )


def _moment(when: datetime) -> str:
    return date_format(timezone.localtime(when), "DATETIME_FORMAT")


# --- disk and database ----------------------------------------------------------------------------------------------


def days_left(free: int, notes: jobs.Growth, today: date) -> int | None:
    """Days until the disk is full if it goes on as in the last month; None where it does not fill, or too little is
    known."""
    month = [note for note in notes if date.fromisoformat(note[0]) >= today - timedelta(days=31)]
    if not month:
        return None
    first, then = date.fromisoformat(month[0][0]), month[0][1]
    days = (today - first).days
    if days < 3 or then <= free:
        return None
    return int(free / ((then - free) / days))


def _disk() -> Row:
    usage = shutil.disk_usage(settings.DATA_DIR)
    left = days_left(usage.free, jobs.growth(), timezone.localdate())
    says = _("%(free)s free of %(total)s.") % {
        "free": filesizeformat(usage.free),
        "total": filesizeformat(usage.total),
    }
    if left is not None:
        says += " " + ngettext(
            "At the present growth it is full in %(days)d day.",
            "At the present growth it is full in %(days)d days.",
            left,
        ) % {"days": left}
    state = OK
    if usage.free < SCARCE_BYTES or usage.free < usage.total // 20 or (left is not None and left < SCARCE_DAYS):
        state = BAD
    elif usage.free < usage.total // 10 or (left is not None and left < FEW_DAYS):
        state = WARN
    todo = _("Take old backups and folders named before-restore-… to another disk, or put in a larger one.")
    return Row("disk", _("Disk"), state, says, todo if state != OK else "")


def _database() -> Row:
    lacking = guard.missing(connection)
    says = _("%(kind)s, %(size)s.") % {
        "kind": {"sqlite": "SQLite", "postgresql": "PostgreSQL"}.get(connection.vendor, connection.vendor),
        "size": filesizeformat(jobs.database_size()),
    }
    if lacking:
        return Row(
            "database",
            _("Database"),
            BAD,
            says + " " + _("The learning record can be changed: its guards are missing."),
            _("Start the site again: they are made anew. If they go missing again, somebody removes them."),
        )
    return Row("database", _("Database"), OK, says)


def _files() -> Row:
    label, (known, lacking) = _("Files"), selfcheck.missing_files()
    if lacking:
        says = ngettext(
            "%(count)d file is missing on the disk: %(names)s.",
            "%(count)d files are missing on the disk: %(names)s.",
            len(lacking),
        ) % {"count": len(lacking), "names": ", ".join(lacking[:3])}
        todo = _(
            "Take the folder “files” from a backup. Pictures and documents can also be uploaded again by an author."
        )
        return Row("files", label, BAD, says, todo)
    says = ngettext("%(count)d file, none is missing.", "%(count)d files, none is missing.", known) % {"count": known}
    return Row("files", label, OK, says)


def _version() -> Row:
    newer, waiting = selfcheck.unknown_migrations(), selfcheck.unapplied_migrations()
    says = _("Kalanso %(version)s.") % {"version": version()}
    if newer:
        says += " " + _("The data were made by a newer version.")
        return Row("version", _("Version"), BAD, says, _("Install that version again: make upgrade."))
    if waiting:
        says += " " + ngettext(
            "%(count)d change of the database waits.", "%(count)d changes of the database wait.", len(waiting)
        ) % {"count": len(waiting)}
        return Row("version", _("Version"), BAD, says, _("Stop the site and start it again: it makes them."))
    return Row("version", _("Version"), OK, says + " " + _("The database is up to date."))


# --- time -----------------------------------------------------------------------------------------------------------


def _clock() -> Row:
    now = timezone.now()
    found, sure = clock.judge(now)
    says = _("It shows %(now)s.") % {"now": _moment(now)}
    if found is None:
        return Row("clock", _("Clock"), OK, says)
    if sure is None or found is clock.Doubt.OLD:
        says += " " + _("That is before this version of Kalanso was released.")
    elif found is clock.Doubt.BEHIND:
        says += " " + _("The site already knows %(when)s for sure.") % {"when": _moment(sure)}
    else:
        says += " " + _("The last moment known for sure is %(when)s, long before.") % {"when": _moment(sure)}
    says += " " + _(
        "Until the clock is right or confirmed, certificates wait, time limits stand still, and nothing old is deleted. "
        "Everybody goes on learning, and nothing is lost."
    )
    todo = _("Set it (sudo timedatectl set-time …); often the battery of the machine is empty.")
    if found is not clock.Doubt.OLD:
        todo += " " + _("If it is right as it stands, type “make confirm-clock” on the machine.")
    return Row("clock", _("Clock"), BAD, says, todo)


# --- backups --------------------------------------------------------------------------------------------------------


def _backup() -> Row:
    label = _("Last backup")
    newest = next(iter(backup.known()), None)
    if newest is None:
        state = BAD if backup.too_old() else WARN
        return Row("backup", label, state, _("There is none yet."), _("Type “make backup” on the machine."))
    says = _("%(when)s, %(size)s, in %(places)s.") % {
        "when": _moment(newest.moment),
        "size": filesizeformat(newest.bytes),
        "places": ", ".join(newest.places),
    }
    if not newest.whole:
        todo = _("Type “make backup”, then look whether the disk at that place is failing.")
        return Row("backup", label, BAD, says + " " + _("It could not be read again as it was written."), todo)
    if newest.verified:
        says += " " + _("Read again and whole on %(when)s.") % {
            "when": _moment(datetime.fromisoformat(newest.verified))
        }
    if backup.too_old():
        todo = _("Type “make backup” and read what it says. Is the second place plugged in, is a disk full?")
        return Row("backup", label, BAD, says + " " + _("That is more than 48 hours ago."), todo)
    if settings.BACKUP_COPY_DIR is None:
        todo = _("Set BACKUP_COPY_DIR to a folder on another disk: if this disk breaks, its backups break with it.")
        return Row("backup", label, WARN, says + " " + _("There is no second place."), todo)
    if not settings.BACKUP_PUBLIC_KEY:
        todo = _("Make a pair of keys (manage.py backup_key) and set BACKUP_PUBLIC_KEY.")
        return Row("backup", label, WARN, says + " " + _("Backups are not encrypted."), todo)
    return Row("backup", label, OK, says)


def _trial() -> Row:
    label, trial = _("Restore tried"), jobs.last_trial()
    if not trial:
        return Row("trial", label, WARN, _("Not yet."), _("The worker does it each month; leave the site running."))
    when = datetime.fromisoformat(trial["when"])
    if not trial["sound"]:
        says = _("On %(when)s it failed. %(why)s") % {"when": _moment(when), "why": trial["why"]}
        return Row("trial", label, BAD, says, _("Do not delete older backups. Ask for help with the support bundle."))
    says = _("On %(when)s a backup was restored into an empty folder and found sound.") % {"when": _moment(when)}
    if when < datetime.now(UTC) - timedelta(days=45):
        return Row("trial", label, WARN, says, _("It is done each month: does the worker run?"))
    return Row("trial", label, OK, says)


# --- processes and mail ---------------------------------------------------------------------------------------------


def _worker() -> Row:
    label, now = _("Worker"), timezone.now()
    if Job.objects.filter(Q(ended__gte=now - SILENT) | Q(status=Job.Status.RUNNING, leased_until__gt=now)).exists():
        failed = Job.objects.filter(status=Job.Status.FAILED, ended__gte=now - timedelta(days=7)).count()
        if failed:
            says = ngettext(
                "It works. %(count)d job failed in the last seven days.",
                "It works. %(count)d jobs failed in the last seven days.",
                failed,
            ) % {"count": failed}
            return Row("worker", label, WARN, says, _("The log names the error; a job can be asked for again."))
        return Row("worker", label, OK, _("It works."))
    last = Job.objects.aggregate(last=Max("ended"))["last"]
    says = _("It has done nothing since %(when)s.") % {"when": _moment(last)} if last else _("It has never run.")
    return Row(
        "worker", label, BAD, says, _("Start it: “make run” starts it with the site; with systemd, restart both.")
    )


def _mail() -> Row:
    label, now = _("E-mail"), timezone.now()
    late = Delivery.objects.filter(state=Delivery.State.WAITING, due__lt=now - timedelta(minutes=15)).count()
    lost = Delivery.objects.filter(
        state__in=(Delivery.State.REFUSED, Delivery.State.UNKNOWN), ended__gte=now - timedelta(days=7)
    ).count()
    if settings.EMAIL_BACKEND.endswith("filebased.EmailBackend"):
        says = _("No mail server is set: e-mails are written into files and reach nobody.")
        return Row("mail", label, WARN, says, _("Set EMAIL_URL. Without it, people read messages on the site only."))
    says = _("%(late)d wait for longer than they should; %(lost)d were refused or lost in the last seven days.") % {
        "late": late,
        "lost": lost,
    }
    if late:
        return Row("mail", label, BAD, says, _("Does the mail server answer? Look at EMAIL_URL, then at the log."))
    return Row("mail", label, WARN if lost else OK, says, _("Are the addresses right?") if lost else "")


# --- the site's own certificate -------------------------------------------------------------------------------------


def _certificate() -> Row:
    label, parts = _("Certificate of the site"), urlsplit(settings.SITE_URL)
    if parts.scheme != "https":
        says = _("The site is reached without encryption (%(address)s).") % {"address": settings.SITE_URL}
        return Row(
            "certificate", label, WARN, says, _("docs/operate.md says how to have TLS, also on a local network.")
        )
    try:
        until = certificate_ends(parts.hostname or "", parts.port or 443)
    except (OSError, ValueError) as error:
        says = _("%(address)s does not answer from this machine (%(why)s).") % {
            "address": settings.SITE_URL,
            "why": type(error).__name__,
        }
        return Row("certificate", label, BAD, says, _("Is the web server in front running? Is SITE_URL right?"))
    days = (until - timezone.now()).days
    says = ngettext("Valid for %(days)d more day.", "Valid for %(days)d more days.", max(days, 0)) % {"days": days}
    if days < 0:
        says = _("It ended on %(when)s: browsers refuse the site.") % {"when": _moment(until)}
    state = BAD if days < SCARCE_DAYS else WARN if days < FEW_DAYS else OK
    return Row("certificate", label, state, says, _("Renew it (docs/operate.md).") if state != OK else "")


def certificate_ends(host: str, port: int, *, seconds: float = 3) -> datetime:
    """Until when the certificate that a server shows is valid, whoever signed it. Raises OSError, ValueError."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # it is looked at, not trusted
    with (
        socket.create_connection((host, port), timeout=seconds) as line,
        context.wrap_socket(line, server_hostname=host) as safe,
    ):
        shown = safe.getpeercert(binary_form=True)
    if shown is None:
        raise ValueError("no certificate")
    return x509.load_der_x509_certificate(shown).not_valid_after_utc


_LOOKS: tuple[Callable[[], Row], ...] = (
    _disk,
    _database,
    _files,
    _backup,
    _trial,
    _clock,
    _worker,
    _mail,
    _certificate,
    _version,
)
_NAMES = {
    _disk: gettext_lazy("Disk"),
    _database: gettext_lazy("Database"),
    _files: gettext_lazy("Files"),
    _backup: gettext_lazy("Last backup"),
    _trial: gettext_lazy("Restore tried"),
    _clock: gettext_lazy("Clock"),
    _worker: gettext_lazy("Worker"),
    _mail: gettext_lazy("E-mail"),
    _certificate: gettext_lazy("Certificate of the site"),
    _version: gettext_lazy("Version"),
}


def left_behind() -> list[Path]:
    """Folders that a restore left beside, until the operator removes them."""
    return sorted(settings.DATA_DIR.glob("before-*"))
