"""A log that another program wrote, perhaps is writing, as lines: bounded, plain or compressed. Adapter.

Compressed ones are read by gzip (`.gz`, `.gzip`) and by the program `zstd` (`.zst`, `.zstd`: Spark's own choice) where
it is installed. Spark's other codecs (`lz4`, `snappy`, `lzf`) are in forms of their Java libraries alone: those logs
are named as unread, and Spark's history server tells of them.
"""

import gzip
import os
import stat
import subprocess
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from shutil import which
from typing import BinaryIO, cast

BLOCK = 2**20  # bytes that are read at a time
LONGEST_LINE = 8 * 2**20  # bytes; a longer event is a plan of a query
LARGEST_LOG = 64 * 2**30  # bytes of lines; what decompresses to more is no log
GZIP, ZSTD = ("gz", "gzip"), ("zst", "zstd")
FOREIGN = ("lz4", "snappy", "lzf")
CODECS = (*GZIP, *ZSTD, *FOREIGN)
WINDOW = "--memory=128MB"  # of zstd, at most


class UnreadError(Exception):
    """A log that cannot be read, and why."""


def codec(name: str) -> str:
    """The codec of a log by its name, empty: none. Source: Spark `EventLogFileWriter.codecName`."""
    end = name.removesuffix(".inprogress").rpartition(".")[2]
    return end if end in CODECS else ""


def lines(path: str, longest: int = LONGEST_LINE, largest: int = LARGEST_LOG) -> Iterator[bytes | None]:
    """The lines of the file; None for one of more than `longest` bytes. O(longest) memory.

    A compressed file that breaks off gives the lines that are there, and the last as far as it is. Raises UnreadError.
    """
    with _opened(path) as file:
        yield from bounded(file, longest, largest)


def bounded(file: BinaryIO, longest: int = LONGEST_LINE, largest: int = LARGEST_LOG) -> Iterator[bytes | None]:
    """The lines of an open file, as `lines`."""
    taken, is_too_long = 0, False
    while taken < largest:
        try:
            line = file.readline(longest)
        except (EOFError, zlib.error, gzip.BadGzipFile):  # written to still, or cut
            return
        if not line:
            return
        taken += len(line)
        is_end = line.endswith(b"\n")
        if is_too_long or (not is_end and len(line) == longest):
            if not is_too_long:
                yield None
            is_too_long = not is_end
            continue
        yield line


@contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    kind = codec(os.path.basename(path))
    if kind in FOREIGN:
        raise UnreadError(f"it is compressed by {kind}, which only Spark reads: name its history server")
    try:
        with open(path, "rb", BLOCK, opener=_regular) as file:
            if kind in GZIP:
                with gzip.GzipFile(fileobj=file) as plain:
                    yield cast(BinaryIO, plain)
            elif kind in ZSTD:
                with _by_zstd(file) as plain:
                    yield plain
            else:
                yield file
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise UnreadError(getattr(error, "strerror", None) or str(error)) from error


@contextmanager
def _by_zstd(file: BinaryIO) -> Iterator[BinaryIO]:
    program = which("zstd")
    if program is None:
        raise UnreadError("it is compressed by zstd, and the program `zstd` is not installed")
    with subprocess.Popen(
        [program, "-dcq", WINDOW], stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=BLOCK
    ) as running:
        assert running.stdout is not None
        try:
            yield cast(BinaryIO, running.stdout)
        finally:
            running.kill()  # whoever reads may have had enough


def _regular(path: str, flags: int) -> int:
    """Of whoever may write there: neither a FIFO, at which we would wait, nor a link to somebody else's file."""
    descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(None, "it is no regular file")
    return descriptor
