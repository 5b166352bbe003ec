"""Instants and the hybrid logical clock: pure arithmetic, no clock is read here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

from ai_memory.errors import ValidationFailed

Micros: TypeAlias = int
"""Microseconds since 1970-01-01T00:00:00Z."""

HybridTime: TypeAlias = int
"""Hybrid logical clock reading: Unix milliseconds << 16 | counter; 63 bits last to year 6429."""

SECOND: Final = 1_000_000  # µs
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_COUNTER_BITS: Final = 16


def to_rfc3339(instant: Micros) -> str:
    """Print an instant as existing clients expect it: UTC, `+00:00`, fraction only if needed."""
    return (_EPOCH + timedelta(microseconds=instant)).isoformat()


def parse_rfc3339(text: str, *, field: str) -> Micros:
    """Read an RFC 3339 instant with any offset; a date alone is midnight UTC.

    Raises:
        ValidationFailed: The text is no instant; `field` names the culprit.
    """
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return (moment - _EPOCH) // timedelta(microseconds=1)
    except (ValueError, OverflowError) as cause:
        raise ValidationFailed(
            f"{field} is not an RFC 3339 timestamp",
            hint="Write it like 2026-01-02T03:04:05Z.",
            field=field,
        ) from cause


def next_hybrid_time(last: HybridTime, now: Micros) -> HybridTime:
    """Advance the clock: never backwards, never twice the same, close to physical time."""
    return max(last + 1, (now // 1_000) << _COUNTER_BITS)
