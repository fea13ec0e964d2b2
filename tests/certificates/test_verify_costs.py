"""What the pages cost: queries and bytes, also when there are many certificates."""

from __future__ import annotations

import gzip
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from certificates import services
from certificates.models import Credential
from certificates.numbers import new_number

pytestmark = pytest.mark.django_db


def many(credential: Credential, count: int) -> None:
    """As many more of the same holder, of earlier courses."""
    Credential.objects.bulk_create(
        Credential(
            number=new_number(2026),
            kind=credential.kind,
            holder=credential.holder,
            holder_name=credential.holder_name,
            course=credential.course,
            title=credential.title,
            paper=credential.paper,
            issued=credential.issued,
            expires=credential.expires,
        )
        for _ in range(count)
    )


def cost(client, path: str) -> tuple[int, bytes]:
    client.get(path)  # what is loaded once by a process
    with CaptureQueriesContext(
        connection,
    ) as queries:
        response = client.get(path)
    assert response.status_code == 200
    return len(queries), response.content


def test_verifying_costs_one_query_however_many_there_are(credential, client_for):
    many(credential, 500)
    queries, content = cost(client_for(), f"/fr/verify/{credential.number}/")
    assert queries == 1
    assert len(gzip.compress(content)) < 5_000


@pytest.mark.parametrize("count", [0, 40])
def test_the_own_list_and_page_cost_few_queries(credential, cast, client_for, count):
    many(credential, count)
    services.render(credential=credential, language="fr")
    client = client_for(cast.awa)
    assert cost(client, "/fr/certificates/")[0] <= 3  # session, person, list
    assert cost(client, f"/fr/certificates/{credential.number}/")[0] <= 5  # and papers, evidence
    assert cost(client, f"/fr/certificates/{credential.number}/pdf/fr/")[0] <= 4


def test_the_pages_carry_no_inline_style_or_script(credential, cast, client_for):
    for client, path in (
        (client_for(cast.awa), f"/fr/certificates/{credential.number}/"),
        (client_for(), f"/fr/verify/{credential.number}/"),
        (client_for(), "/fr/verify/"),
    ):
        content = client.get(path).content.decode()
        assert not re.search(r"<[^>]*\sstyle=|<style|<script(?![^>]*\ssrc=)", content)
