"""Times that are told by their distance from now, as bounds of every kind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_memory.errors import ValidationFailed
from ai_memory.model.clock import SECOND, Period, parse_period, parse_rfc3339, to_rfc3339
from ai_memory.model.field import INSTANTS
from ai_memory.model.instant import read_instant, settle_instant
from ai_memory.model.relative_time import read_relative

NOW = parse_rfc3339("2026-11-30T14:05:06.5Z", field="x")  # a Monday
HOUR = 3_600 * SECOND
DAY = 24 * HOUR
DISTANCES = [
    ("now", 0),
    ("7d", -7 * DAY),
    ("7 d", -7 * DAY),
    ("-7d", -7 * DAY),
    ("- 7 days", -7 * DAY),
    ("+3d", 3 * DAY),
    ("24h", -DAY),
    ("90m", -90 * 60 * SECOND),
    ("90 Minutes", -90 * 60 * SECOND),
    ("30s", -30 * SECOND),
    ("2w", -14 * DAY),
    ("7 days ago", -7 * DAY),
    ("2 weeks  ago", -14 * DAY),
    (" an hour ago ", -HOUR),
    ("three hrs ago", -3 * HOUR),
    ("in 3 days", 3 * DAY),
    ("in an hour", HOUR),
    ("a week from now", 7 * DAY),
    ("last 7 days", -7 * DAY),
    ("past 24 hours", -DAY),
    ("next 2 weeks", 14 * DAY),
]
MONTHS = [
    ("a month ago", "2026-10-30T14:05:06.500000+00:00"),
    ("9mo", "2026-02-28T14:05:06.500000+00:00"),
    ("in 3 months", "2027-02-28T14:05:06.500000+00:00"),
    ("1y", "2025-11-30T14:05:06.500000+00:00"),
    ("in 2 years", "2028-11-30T14:05:06.500000+00:00"),
]
CALENDAR = [
    ("today", "2026-11-30"),
    ("yesterday", "2026-11-29"),
    ("Tomorrow", "2026-12-01"),
    ("this week", "2026-W49"),
    ("last week", "2026-W48"),
    ("next week", "2026-W50"),
    ("this month", "2026-11"),
    ("last month", "2026-10"),
    ("next month", "2026-12"),
    ("this year", "2026"),
    ("last year", "2025"),
    ("next year", "2027"),
    ("tuesday", "2026-11-24"),
    ("sun", "2026-11-29"),
    ("monday", "2026-11-23"),
    ("last monday", "2026-11-23"),
    ("next monday", "2026-12-07"),
    ("next friday", "2026-12-04"),
]
NOT_RELATIVE = [
    "", "7", "d", "3M", "1.5h", "in 3 days ago", "-7d ago", "7 days later than that", "soon",
    "last", "the day before", "ago", "2026", "2026-11-30", "yesterday evening", "٣ days ago",
    "in three hundred days", "1 " * 100_000, "a" * 100_000, "7" * 100_000 + "d",
]  # fmt: skip


@pytest.mark.parametrize(("text", "distance"), DISTANCES)
def test_a_distance_is_one_instant(text: str, distance: int) -> None:
    assert read_relative(text, NOW, field="x") == Period(*[NOW + distance] * 3)


@pytest.mark.parametrize(("text", "expected"), MONTHS)
def test_months_and_years_keep_the_day_where_there_is_one(text: str, expected: str) -> None:
    found = read_relative(text, NOW, field="x")
    assert found is not None
    assert to_rfc3339(found.start) == expected


@pytest.mark.parametrize(("text", "same"), CALENDAR)
def test_a_day_week_month_or_year_means_all_of_it(text: str, same: str) -> None:
    assert read_relative(text, NOW, field="x") == parse_period(same, field="x")


@pytest.mark.parametrize("text", NOT_RELATIVE, ids=lambda text: text[:20])
def test_what_is_no_relative_time_is_told_apart(text: str) -> None:
    assert read_relative(text, NOW, field="x") is None


@given(st.integers(0, 4_000_000_000 * SECOND), st.sampled_from([one for one, _same in CALENDAR]))
def test_days_begin_and_end_at_midnight_and_hold_together(now: int, text: str) -> None:
    found = read_relative(text, now, field="x")
    assert found is not None
    assert found.start % DAY == found.end % DAY == 0
    assert found.last == found.end - 1
    if text in ("today", "this week", "this month", "this year"):
        assert found.start <= now < found.end
    turn, _, span = text.partition(" ")
    if turn == "last" and span != "monday":
        following = read_relative(f"this {span}", now, field="x")
        assert following is not None
        assert found.end == following.start


@given(
    st.integers(0, 4_000_000_000 * SECOND),
    st.integers(0, 400),
    st.sampled_from(["seconds", "minutes", "hours", "days", "weeks"]),
)
def test_a_distance_is_what_the_calendar_says(now: int, count: int, unit: str) -> None:
    there = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=now)
    for text, moment in (
        (f"{count} {unit} ago", there - timedelta(**{unit: count})),
        (f"in {count} {unit}", there + timedelta(**{unit: count})),
    ):
        found = read_relative(text, now, field="x")
        assert found is not None
        assert to_rfc3339(found.start) == moment.isoformat()


@given(st.sampled_from([one for one, _ in (*DISTANCES, *MONTHS, *CALENDAR)]))
def test_as_a_bound_it_means_what_the_same_time_in_figures_means(text: str) -> None:
    for field in INSTANTS - {"expires_at", "valid_until"}:
        settled = settle_instant(text, field=field, now=NOW)
        assert read_instant(settled, field=field) == read_instant(text, field=field, now=NOW)


def test_what_a_bound_includes_and_what_it_excludes() -> None:
    def settled(text: str, field: str) -> str:
        return settle_instant(text, field=field, now=NOW)

    assert settled("yesterday", "since") == "2026-11-29T00:00:00+00:00"
    assert settled("yesterday", "until") == "2026-11-29T23:59:59.999999+00:00"
    assert settled("tomorrow", "expires_at") == "2026-12-02T00:00:00+00:00"
    assert settled("2026-11-30", "until") == "2026-11-30"


def test_an_expiry_lies_ahead_and_an_end_has_to_say_where_it_lies() -> None:
    ahead = {
        "7d": NOW + 7 * DAY,
        "-7d": NOW - 7 * DAY,
        "monday": parse_rfc3339("2026-12-08", field="x"),
    }
    for text, instant in ahead.items():
        assert read_instant(text, field="expires_at", now=NOW) == instant
    for text in ("7d", "monday"):
        with pytest.raises(ValidationFailed, match="past or to come") as refused:
            read_instant(text, field="valid_until", now=NOW)
        assert "+7d" in refused.value.hint
    assert read_instant("+7d", field="valid_until", now=NOW) == NOW + 7 * DAY


@pytest.mark.parametrize("text", ["9999999d", "9000 years ago", "in 9999999 months"])
def test_what_no_calendar_reaches_is_refused(text: str) -> None:
    with pytest.raises(ValidationFailed, match="further away") as refused:
        read_instant(text, field="since", now=NOW)
    assert refused.value.details["field"] == "since"


def test_a_record_has_no_now() -> None:
    with pytest.raises(ValidationFailed, match="RFC 3339"):
        read_instant("7d", field="expires_at")
