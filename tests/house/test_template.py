"""The ground of the tests holds what it promises."""

import pytest
from django.db import connection
from django.db.utils import IntegrityError

from people.models import User

pytestmark = pytest.mark.postgres


def test_everybody_of_the_cast_is_there_and_can_sign_in(cast, client_for):
    assert all(person.check_password("Ba-fili-4821-Joliba") for person in cast)
    assert cast.admin.is_superuser
    assert client_for(cast.oumar).get("/authoring/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_test_with_transactions_may_change_everything(cast):
    cast.seydou.delete()
    assert User.objects.count() == 6


@pytest.mark.django_db(transaction=True)
def test_and_the_next_one_finds_everything_again(cast):
    assert User.objects.count() == 7
    with pytest.raises(IntegrityError):
        User.objects.create(username="awa")


def test_each_process_works_on_a_database_of_its_own(cast, settings):
    name = connection.settings_dict["NAME"]
    assert str(settings.DATA_DIR) in name or name.startswith("kalanso_test_")
