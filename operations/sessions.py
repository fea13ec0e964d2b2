"""Sessions in the database, as Django keeps them; only reading one, which every request does, is prepared."""

from __future__ import annotations

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from operations.prepared import Prepared

_by_key = Prepared(lambda key: Session.objects.filter(session_key=key), str)


class SessionStore(DatabaseStore):
    """Like its parent, in its tables and with its signatures."""

    def _get_session_from_db(self) -> Session | None:
        found = _by_key.first(self.session_key or "")
        if found is not None and found.expire_date > timezone.now():
            return found
        self._session_key = None
        return None
