"""How one talks with the process that makes documents (`operations.pressing`): asked on its standard input, answered on its
standard output, one document after the other. Four bytes say how long what follows is, then JSON; the answer begins with
one byte, 1 for a PDF and 0 for what went wrong.
"""

from __future__ import annotations

import struct
from typing import IO

LENGTH = struct.Struct(">I")


def read(stream: IO[bytes]) -> bytes | None:
    """The next message; None where the other side has ended."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    body = stream.read(length)
    return body if len(body) == length else None


def write(stream: IO[bytes], body: bytes) -> None:
    stream.write(LENGTH.pack(len(body)) + body)
    stream.flush()
