import pytest

from records import projection
from tests.records.tally import TallyProjector


@pytest.fixture
def tally(monkeypatch):
    """The only projector while the test runs: those of the rooms above cost queries of their own."""
    monkeypatch.setattr(projection, "_projectors", {})
    projector = TallyProjector()
    projection.register(projector)
    return projector
