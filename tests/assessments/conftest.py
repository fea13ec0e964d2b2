import pytest
from hypothesis import settings

from tests.assessments.school import School, make_school

# A busy machine is no failure of the code.
settings.register_profile("assessments", deadline=None)
settings.load_profile("assessments")


@pytest.fixture
def school(db) -> School:
    return make_school()
