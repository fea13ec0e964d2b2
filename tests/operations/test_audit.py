import uuid
from datetime import date
from decimal import Decimal

import pytest
from django.utils.translation import gettext_lazy, override

from operations import audit
from operations.models import AuditEntry


@pytest.fixture(autouse=True)
def sentences(monkeypatch):
    monkeypatch.setattr(audit, "_sentences", {})
    audit.register("test.moved", gettext_lazy("The date moved from %(before_due)s to %(after_due)s."))


@pytest.mark.django_db
def test_a_change_is_written_and_read_as_a_sentence(cast):
    entry = audit.record_change(
        actor=cast.mariam,
        code="test.moved",
        obj=cast.awa,
        before={"due": date(2026, 11, 24)},
        after={"due": date(2026, 12, 1), "share": Decimal("0.10"), "key": uuid.UUID(int=1)},
    )
    entry = AuditEntry.objects.get(pk=entry.pk)
    assert (entry.actor, entry.object_kind, entry.object_id) == (cast.mariam, "people.user", str(cast.awa.pk))
    assert entry.after["share"] == "0.10"
    with override("en"):
        assert audit.sentence(entry) == "The date moved from Nov. 24, 2026 to Dec. 1, 2026."


@pytest.mark.django_db
def test_a_sentence_stands_even_where_values_are_missing_or_the_code_is_unknown():
    entry = audit.record_change(actor=None, code="test.moved", obj=("file", "7"), after={"due": "later"})
    with override("en"):
        assert audit.sentence(entry) == "The date moved from … to later."
        assert "old.code" in audit.sentence(AuditEntry(code="old.code"))


@pytest.mark.django_db
def test_a_code_without_a_sentence_is_refused():
    with pytest.raises(LookupError, match="sentence"):
        audit.record_change(actor=None, code="test.unknown", obj=("file", "7"))
