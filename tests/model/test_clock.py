"""What a text that names a time means, as a lower and as an upper bound."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_memory.errors import ValidationFailed
from ai_memory.model.clock import SECOND, parse_period, parse_rfc3339, to_rfc3339
from ai_memory.model.instant import read_instant

DAY = 86_400 * SECOND
PERIODS = [
    ("2026-11-30", "2026-11-30T00:00:00+00:00", DAY),
    ("20261130", "2026-11-30T00:00:00+00:00", DAY),
    ("2026-11-30Z", "2026-11-30T00:00:00+00:00", DAY),
    ("2026-11-30+02:00", "2026-11-29T22:00:00+00:00", DAY),
    ("2026-11-30-0530", "2026-11-30T05:30:00+00:00", DAY),
    ("2026-11", "2026-11-01T00:00:00+00:00", 30 * DAY),
    ("2026-12", "2026-12-01T00:00:00+00:00", 31 * DAY),
    ("2024-02", "2024-02-01T00:00:00+00:00", 29 * DAY),
    ("2023-02", "2023-02-01T00:00:00+00:00", 28 * DAY),
    ("2026", "2026-01-01T00:00:00+00:00", 365 * DAY),
    ("2024", "2024-01-01T00:00:00+00:00", 366 * DAY),
    ("2026-W48", "2026-11-23T00:00:00+00:00", 7 * DAY),
    ("2026W48", "2026-11-23T00:00:00+00:00", 7 * DAY),
    ("2026-W48-1", "2026-11-23T00:00:00+00:00", DAY),
    ("2026W481", "2026-11-23T00:00:00+00:00", DAY),
    ("2026-11-30T14", "2026-11-30T14:00:00+00:00", 3_600 * SECOND),
    ("2026-11-30T14Z", "2026-11-30T14:00:00+00:00", 3_600 * SECOND),
    ("2026-11-30T14+02:00", "2026-11-30T12:00:00+00:00", 3_600 * SECOND),
    ("2026-11-30 14:05", "2026-11-30T14:05:00+00:00", 60 * SECOND),
    ("2026-11-30t14:05z", "2026-11-30T14:05:00+00:00", 60 * SECOND),
    ("20261130T1405", "2026-11-30T14:05:00+00:00", 60 * SECOND),
]


@pytest.mark.parametrize(("text", "start", "length"), PERIODS)
def test_what_leaves_its_smaller_units_away_names_all_of_that_time(
    text: str, start: str, length: int
) -> None:
    period = parse_period(text, field="x")
    assert to_rfc3339(period.start) == start
    assert (period.end - period.start, period.end - period.last) == (length, 1)
    assert parse_rfc3339(text, field="x") == period.start


@pytest.mark.parametrize("field", ["until", "valid_at", "as_of", "as_recorded_at", "at"])
def test_an_upper_bound_includes_what_it_names(field: str) -> None:
    for text, start, length in PERIODS:
        assert read_instant(text, field=field) == parse_rfc3339(start, field="x") + length - 1


@pytest.mark.parametrize("field", ["valid_until", "expires_at"])
def test_an_end_stands_behind_what_it_names(field: str) -> None:
    for text, start, length in PERIODS:
        assert read_instant(text, field=field) == parse_rfc3339(start, field="x") + length


@pytest.mark.parametrize("field", ["since", "valid_from", "created_at"])
def test_a_lower_bound_begins_with_what_it_names(field: str) -> None:
    for text, start, _length in PERIODS:
        assert read_instant(text, field=field) == parse_rfc3339(start, field="x")


@given(
    st.datetimes(
        min_value=datetime(1, 1, 2),  # noqa: DTZ001 - the strategy adds the zones
        max_value=datetime(9999, 12, 30),  # noqa: DTZ001
        timezones=st.sampled_from([UTC, timezone(timedelta(hours=-5, minutes=-30))]),
    )
)
def test_an_instant_is_itself_whatever_the_field(moment: datetime) -> None:
    exact = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    text = moment.isoformat()
    for field in ("since", "until", "valid_from", "valid_until", "valid_at", "expires_at"):
        assert read_instant(text, field=field) == exact
    assert read_instant(to_rfc3339(exact), field="until") == exact


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "soon", "26", "2026-13", "2026-00", "2026-11-31", "2026-W60", "2026-1", "0000",
        "2026-11-30T", "2026-11-30T25", "2026-11-30T14:5", "2026-11-30x14:05", "2026-11-30 +02:00",
        "2026-11-30T14:05:00 00:00", "٢٠٢٦-11-30", "2026-11-30\n", "2026-11-30+99:00", "-2026",
        "9" * 5_000,
    ],
)  # fmt: skip
def test_what_names_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValidationFailed, match="until is not") as refused:
        read_instant(text, field="until")
    assert refused.value.details["field"] == "until"


def test_the_first_and_the_last_year_are_years() -> None:
    assert to_rfc3339(parse_period("0001", field="x").start).startswith("0001-01-01")
    assert to_rfc3339(parse_period("9999", field="x").last).startswith("9999-12-31T23:59:59.999999")
    assert parse_period("9999-12", field="x").end == parse_period("9999", field="x").end
