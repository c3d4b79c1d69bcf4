"""States and spreads as bytes, and back: MessagePack behind its check sum. Pure."""

from typing import Any
from zlib import crc32

import msgspec

from placement.estimate.keys import is_own
from placement.estimate.learn import Learned
from placement.estimate.spread import Spread
from placement.estimate.state import State

_CHECKED = 4  # bytes of the check sum
_ENCODER, _DECODER = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder()


class DamagedError(ValueError):
    """What is not what was written, or what another release wrote."""


def content(learned: Learned, key: str) -> bytes | None:
    """What was learned of a key; None: nothing."""
    known = (learned.states if is_own(key) else learned.spreads).get(key)
    if known is None:
        return None
    return packed(known.as_data())


def put(learned: Learned, key: str, said: bytes) -> None:
    """Adds what `content` gave, in the place of what was known of the key. Raises DamagedError."""
    data = unpacked(said)
    try:
        if is_own(key):
            learned.states[key] = State.of_data(data)
        else:
            learned.spreads[key] = Spread.of_data(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DamagedError(f"it cannot be read: {error}") from error


def packed(data: Any) -> bytes:
    """Plain data as it is kept."""
    plain = _ENCODER.encode(data)
    return crc32(plain).to_bytes(_CHECKED, "big") + plain


def unpacked(said: bytes) -> Any:
    """What `packed` was given. Raises DamagedError."""
    plain = said[_CHECKED:]
    if crc32(plain).to_bytes(_CHECKED, "big") != said[:_CHECKED]:
        raise DamagedError("its check sum is another")
    try:
        return _DECODER.decode(plain)
    except (ValueError, RecursionError) as error:  # DecodeError is a ValueError
        raise DamagedError(f"it cannot be read: {error}") from error
