"""The bytes of a case's execution snapshot as the store keeps them: a codec byte, then raw or zstd-compressed bytes."""

from __future__ import annotations

import zstandard

from loanflow.errors import TooLarge

RAW, ZSTD = 0, 1
COMPRESS_FROM = 1024
MAX_STATE_BYTES = 4 * 1024 * 1024


def pack(state: bytes) -> bytes:
    """Wrap a snapshot for keeping; above 1 KiB it is compressed.

    Raises:
        TooLarge: the snapshot is larger than a case may be (4 MiB); documents belong beside the case, not in it.
    """
    if len(state) > MAX_STATE_BYTES:
        raise TooLarge(
            f"the case's variables and tokens take {len(state):,} bytes; at most {MAX_STATE_BYTES:,} are kept. "
            "Keep documents and long lists outside the case and refer to them by id."
        )
    if len(state) <= COMPRESS_FROM:
        return bytes((RAW,)) + state
    return bytes((ZSTD,)) + zstandard.ZstdCompressor(level=3).compress(state)


def unpack(kept: bytes) -> bytes:
    """Return the snapshot; a frame that would grow beyond the limit is refused before it does.

    Raises:
        ValueError: not what ``pack`` wrote.
    """
    if not kept:
        raise ValueError("an empty case state")
    codec, body = kept[0], kept[1:]
    if codec == RAW:
        return body
    if codec != ZSTD:
        raise ValueError(f"case state of unknown codec {codec}")
    try:
        declared = zstandard.get_frame_parameters(body).content_size
        if declared > MAX_STATE_BYTES:
            raise ValueError(f"case state claims to unpack to {declared} bytes")
        return zstandard.ZstdDecompressor().decompress(body, max_output_size=MAX_STATE_BYTES)
    except zstandard.ZstdError as error:
        raise ValueError(f"case state cannot be unpacked: {error}") from error
