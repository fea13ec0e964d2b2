"""Check a PDF that a stranger sends, in a process of its own with little memory and little time.

A hostile file can make any parser take all the memory of the machine (streams that unfold a thousandfold). The child
knows neither the settings nor the database: it is given certificates and bytes, and answers with what it found.
"""

from __future__ import annotations

import base64
import json
import resource
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.conf import settings as django_settings
from django.utils.translation import gettext as _

from certificates.signing import check

LARGEST = 2_000_000  # bytes; a certificate has less than 200,000
SECONDS = 10
MEMORY = 700_000_000  # bytes of address space, most of it taken by the libraries

Finding = dict[str, object]


def check_apart(pdf: bytes, trust: Iterable[x509.Certificate]) -> Finding:
    """What `signing.check` finds: {"signed", "intact", "covers_whole", "trusted", "problems": [sentence]}. Never raises.

    A file that is too large, takes too long or asks for too much memory is answered as one that is damaged.
    """
    question = {
        "trust": [certificate.public_bytes(Encoding.PEM).decode() for certificate in trust],
        "pdf": base64.b64encode(pdf).decode(),
    }
    damaged: Finding = {
        "signed": False,
        "intact": False,
        "covers_whole": False,
        "trusted": False,
        "problems": [_("This file is damaged or is not a signed PDF.")],
    }
    if len(pdf) > LARGEST:
        return damaged
    try:
        done = subprocess.run(
            [sys.executable, "-m", "certificates.checking"],
            cwd=Path(__file__).resolve().parent.parent,
            env={},
            input=json.dumps(question),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=True,
        )
        found: Finding = json.loads(done.stdout)
    except (subprocess.SubprocessError, OSError, ValueError):
        return damaged
    problems = found["problems"]
    assert isinstance(problems, list)
    return {**found, "problems": [_(sentence) for sentence in problems]}


def _main() -> None:
    django_settings.configure(USE_I18N=False)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    question = json.load(sys.stdin)
    trust = [x509.load_pem_x509_certificate(text.encode()) for text in question["trust"]]
    report = asdict(check(base64.b64decode(question["pdf"]), trust))
    json.dump({name: report[name] for name in ("signed", "intact", "covers_whole", "trusted", "problems")}, sys.stdout)


if __name__ == "__main__":
    _main()
