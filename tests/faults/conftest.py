import pytest

from tests.assessments.school import School, make_school


@pytest.fixture
def school(db) -> School:
    return make_school()
