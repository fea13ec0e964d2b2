"""Files in an S3-compatible service, for installations of several machines (`S3_BUCKET`)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urljoin

from botocore.config import Config
from django.conf import settings
from storages.backends.s3 import S3Storage


class Bucket(S3Storage):
    """A private bucket. Browsers fetch every file from the site's own authorised view: `url` never leads to the service.

    Like the local folder, it never writes over a file: a name that is taken gets an addition.
    """

    def __init__(self, **given: Any) -> None:
        # Other services than Amazon's know neither names of buckets in the host nor its newer checksums.
        config = Config(
            s3={"addressing_style": "path" if given.get("endpoint_url") else "auto"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            connect_timeout=3,
            read_timeout=20,
            # A page waits for the service twice at most, not five times.
            retries={"max_attempts": 1},
        )
        super().__init__(**{"client_config": config, **given})

    def get_default_settings(self) -> dict[str, Any]:
        return {
            **super().get_default_settings(),
            "default_acl": None,  # the bucket's own policy, which is private
            "file_overwrite": False,
            "max_memory_size": 5 * 1024 * 1024,  # larger files are read through a file on disk
        }

    def url(self, name: str, parameters: Any = None, expire: Any = None, http_method: Any = None) -> str:
        return urljoin(settings.MEDIA_URL, quote(name.replace("\\", "/").lstrip("/")))
