"""Sessions in the database, as Django keeps them, read with a statement that is made once."""

from __future__ import annotations

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from gongbi.kernel import statements


def _of(key: str) -> QuerySet[Session]:
    return Session.objects.filter(session_key=key)


class SessionStore(db.SessionStore):
    """Django's own but for how one is looked up, which happens at every request of somebody signed in."""

    def _get_session_from_db(self) -> Session | None:
        found = statements.fetch_one("parties.session", _of, self.session_key or "")
        if found is None or found.expire_date <= timezone.now():
            self._session_key = None
            return None
        return found
