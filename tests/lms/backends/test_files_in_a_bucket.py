"""With files in an S3-compatible service: a real one over HTTP, and the same rules as with a folder."""

from __future__ import annotations

import io
import json
import subprocess
import sys

import boto3
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image

from certificates.signer import own_signer
from certificates.signing import check
from content.models import Picture, Tier
from content.rendering import figure_url
from content.services import store_figure
from tests.certificates.conftest import complete
from tests.content.conftest import SVG
from tests.courses import build
from tests.lms.backends.processes import ROOT, ask_settings, free_port, wait_for

KEYS = {"S3_BUCKET": "kalanso", "S3_ACCESS_KEY": "access", "S3_SECRET_KEY": "secret", "S3_REGION": "us-east-1"}


@pytest.fixture(scope="module")
def service():
    """The address of a service with an empty bucket."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-p", str(port)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def bucket(service, settings, db, tmp_path):
    """The site with its files there; the client of the service, to look at what arrived."""
    client = boto3.client(
        "s3", endpoint_url=service, aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1"
    )
    client.create_bucket(Bucket="kalanso")
    code = "import json; from lms import settings as s; print(json.dumps(s.STORAGES['default']))"
    done = ask_settings(code, tmp_path, S3_ENDPOINT=service, **KEYS)
    settings.STORAGES = {**settings.STORAGES, "default": json.loads(done.stdout)}
    yield client
    for entry in client.list_objects_v2(Bucket="kalanso").get("Contents", []):
        client.delete_object(Bucket="kalanso", Key=entry["Key"])


def names(bucket) -> list[str]:
    return [entry["Key"] for entry in bucket.list_objects_v2(Bucket="kalanso").get("Contents", [])]


def test_a_figure_lies_in_the_bucket_and_goes_through_the_authorised_view(bucket, client_for, cast):
    file = store_figure(owner="essai", name="a", language="fr", data=SVG, tier=Tier.STAFF).files.get()
    assert names(bucket) == [f"figures/{file.digest}.svg"]
    url = figure_url(file)
    assert url.startswith("/files/f/")
    assert client_for().get(url).status_code == 404
    response = client_for(cast.awa).get(url)
    assert b"".join(response.streaming_content) == SVG and response["Content-Type"] == "image/svg+xml"
    bucket.delete_object(Bucket="kalanso", Key=f"figures/{file.digest}.svg")
    assert client_for(cast.awa).get(url).status_code == 404


def test_a_picture_and_its_reductions_have_no_address_but_ours(bucket, client_for, cast, service):
    buffer = io.BytesIO()
    Image.new("RGB", (400, 300)).save(buffer, "PNG")
    picture = Picture.objects.create(title="Essai", file=ContentFile(buffer.getvalue(), name="essai.png"))
    small = picture.get_rendition("width-100")
    assert {name.split("/")[0] for name in names(bucket)} == {"original_images", "images"}
    for url in (picture.file.url, small.url):
        assert url.startswith("/files/") and service not in url
        assert client_for().get(url).status_code == client_for(cast.awa).get(url).status_code == 404
        assert client_for(cast.oumar).get(url).status_code == 200
    listing = client_for(cast.oumar).get("/authoring/images/").content.decode()
    assert service not in listing


def test_a_certificate_is_made_into_the_bucket_and_given_to_its_holder_only(bucket, client_for, cast):
    course = build.make_course("T7", lessons=(1,), validity_months=24)
    build.add_final(course)
    credential = complete(cast.awa, course).credentials.get()
    address = f"/fr/certificates/{credential.number}/pdf/fr/"
    response = client_for(cast.awa).get(address)
    assert response.status_code == 200 and check(response.content, own_signer()).valid
    assert [name for name in names(bucket) if name.startswith("certificates/")]
    assert client_for(cast.seydou).get(address).status_code == 404


def test_nothing_is_written_over(bucket):
    first = default_storage.save("documents/essai.txt", ContentFile(b"1"))
    second = default_storage.save("documents/essai.txt", ContentFile(b"2"))
    assert first != second
    with default_storage.open(first) as file:
        assert file.read() == b"1"


@pytest.mark.parametrize(
    "path", ["../secret-key", "documents/../../secret-key", "/etc/passwd", "documents/%00", "f/../x"]
)
def test_nobody_climbs_out_of_the_bucket(bucket, client_for, cast, path):
    assert client_for(cast.oumar).get(f"/files/{path}", follow=True).status_code == 404


def test_nginx_is_not_told_to_send_what_lies_in_a_bucket(tmp_path):
    code = "from lms import settings as s; print(repr(s.FILES_ACCEL))"
    assert ask_settings(code, tmp_path, FILES_ACCEL="/accel/", **KEYS).stdout.strip() == "''"
    assert ask_settings(code, tmp_path, FILES_ACCEL="/accel/").stdout.strip() == "'/accel/'"
