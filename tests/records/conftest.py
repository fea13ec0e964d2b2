import pytest

from records import projection
from tests.records.tally import TallyProjector


@pytest.fixture
def tally():
    projector = TallyProjector()
    projection.register(projector)
    yield projector
    projection.unregister(projector.name)
