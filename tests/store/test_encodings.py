from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from loanflow import store
from loanflow.errors import CommandError
from loanflow.store import identifiers
from loanflow.store.state_codec import MAX_STATE_BYTES, ZSTD, pack, unpack
from loanflow.store.types import instant_from_text, instant_text, number_from_text, number_text

numbers = st.decimals(allow_nan=False, allow_infinity=False, places=None).filter(
    lambda number: len(number.as_tuple().digits) <= 50 and abs(number.adjusted()) < 9000
)
instants = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(timedelta(minutes=-210))])).filter(
    lambda at: datetime(1, 1, 2, tzinfo=UTC) < at < datetime(9999, 12, 30, tzinfo=UTC)
)


@given(numbers, numbers)
def test_number_texts_sort_as_the_numbers(a: Decimal, b: Decimal) -> None:
    assert (number_text(a) < number_text(b)) == (a < b)
    assert (number_text(a) == number_text(b)) == (a == b)


@given(numbers)
def test_a_number_comes_back_exactly(number: Decimal) -> None:
    assert number_from_text(number_text(number)) == number


@pytest.mark.parametrize("number", [Decimal("1e10000"), Decimal("1e-10001"), Decimal("0." + "1" * 58)])
def test_a_number_beyond_what_sorts_is_refused(number: Decimal) -> None:
    with pytest.raises(ValueError, match="searchable number"):
        number_text(number)


@given(instants, instants)
def test_instant_texts_sort_as_the_instants(a: datetime, b: datetime) -> None:
    assert (instant_text(a) < instant_text(b)) == (a < b)
    assert instant_from_text(instant_text(a)) == a


@pytest.mark.parametrize("text", ["2026-03-02", "2026-03-02T12:00:00Z", "2026-03-02 12:00:00.000000Z", "2026-03-02T12:00:00,000000Z", "x"])
def test_an_instant_spelled_otherwise_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        instant_from_text(text)


@given(st.binary(max_size=3000) | st.binary(max_size=20).map(lambda piece: piece * 1000))
def test_a_state_comes_back_byte_for_byte(state: bytes) -> None:
    assert unpack(pack(state)) == state


def test_a_large_state_is_compressed() -> None:
    assert len(pack(b'{"amount":1}' * 1000)) < 200


def test_a_state_beyond_the_limit_is_refused_with_the_remedy() -> None:
    with pytest.raises(CommandError, match="outside the case"):
        pack(b"x" * (MAX_STATE_BYTES + 1))


@pytest.mark.parametrize(
    "kept",
    [
        b"",
        b"\x07abc",
        b"\x01not zstd",
        bytes((ZSTD,)) + zstandard.ZstdCompressor().compress(b"\0" * (MAX_STATE_BYTES + 1)),
        # The same bomb without a declared size.
        bytes((ZSTD,)) + zstandard.ZstdCompressor(write_content_size=False).compress(b"\0" * (MAX_STATE_BYTES + 1)),
    ],
    ids=["empty", "unknown codec", "garbage", "bomb", "undeclared bomb"],
)
def test_a_forged_state_is_refused(kept: bytes) -> None:
    with pytest.raises(ValueError):
        unpack(kept)


def test_an_id_carries_the_part_of_its_case() -> None:
    parts: set[int] = set()
    for _ in range(2000):
        case_id = store.new_case_id()
        part = store.part_of(case_id)
        assert identifiers.is_id(case_id)
        assert store.part_of(store.new_id_for(case_id)) == part
        assert 0 <= part < identifiers.PARTS
        parts.add(part)
    # Spread over the parts: 2,000 draws of 4,096 meet about 1,580 of them.
    assert len(parts) > 1400


def test_ids_sort_by_the_time_they_were_made() -> None:
    first = store.new_id(4095)
    later = [store.new_id(0) for _ in range(3)]
    assert first[:13] <= min(later)[:13]
    assert len(set(later)) == 3


@pytest.mark.parametrize("text", ["", "x", "01a20d4e-d5ae-4b54-a88e-b86531af4c66"])
def test_what_is_no_id_has_no_part(text: str) -> None:
    with pytest.raises(ValueError, match="not an id"):
        store.part_of(text)
