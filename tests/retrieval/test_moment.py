from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_memory import limits
from ai_memory.retrieval import moment
from ai_memory.retrieval.moment import Span, day_of, nearness, spans

NOW = int(datetime(2024, 3, 10, 12, tzinfo=UTC).timestamp()) * 1_000_000


def day(year: int, month: int, number: int) -> int:
    return date(year, month, number).toordinal()


@pytest.mark.parametrize(
    "query",
    [
        "What happened on 16 June, 2023?",
        "june 16th 2023",
        "the 16th of June 2023",
        "2023-06-16",
        "Jun. 16, 2023",
    ],
)
def test_a_day_is_read_in_many_forms(query: str) -> None:
    assert spans(query) == [Span(day(2023, 6, 16), day(2023, 6, 16))]


def test_months_and_years() -> None:
    assert spans("in August 2023") == [Span(day(2023, 8, 1), day(2023, 8, 31))]
    assert spans("back in 2022") == [Span(day(2022, 1, 1), day(2022, 12, 31))]
    assert spans("in December 2023") == [Span(day(2023, 12, 1), day(2023, 12, 31))]
    assert spans("during May")[0].yearly


@pytest.mark.parametrize(
    "query", ["May I march on?", "What may she do?", "31 June 2023", "room 16", "version 3.12", ""]
)
def test_what_is_no_date_is_none(query: str) -> None:
    assert spans(query, NOW) == []


def test_the_week_before_reaches_back() -> None:
    assert spans("the week before August 3, 2023") == [Span(day(2023, 7, 27), day(2023, 8, 3))]


def test_relative_days_need_an_instant() -> None:
    assert spans("yesterday") == []
    assert spans("yesterday", NOW) == [Span(day(2024, 3, 9), day(2024, 3, 9))]
    assert spans("two weeks ago", NOW) == [Span(day(2024, 2, 22), day(2024, 2, 28))]
    (week,) = spans("last week", NOW)
    assert week.first <= day(2024, 3, 3) <= week.last


def test_nearness_fades() -> None:
    asked = spans("16 June 2023")
    near = [nearness(asked, day(2023, 6, number)) for number in (10, 15, 16, 17, 30)]
    assert near[2] == 1.0
    assert near[0] < near[1] < 1
    assert near[4] < near[3] < 1
    assert near[3] > near[1]
    assert nearness([], day(2023, 6, 16)) == 0.0


def test_a_date_without_year_fits_every_year() -> None:
    asked = spans("on June 16")
    assert nearness(asked, day(2019, 6, 16)) == 1.0
    assert nearness(asked, day(2023, 6, 16)) == 1.0
    assert nearness(asked, day(2023, 12, 16)) < 0.01


def test_instants_become_days() -> None:
    assert day_of(NOW) == day(2024, 3, 10)
    assert day_of(-1) == day(1969, 12, 31)


@given(st.text(), st.integers(-(10**17), 10**17))
def test_no_text_fails(query: str, now: int) -> None:
    for span in spans(query, now):
        assert span.first <= span.last
        assert 0 <= nearness([span], 700_000) <= 1


WORDS = (
    "2023-06-16", "16th", "in", "June", "SEPT", "\u017fept", "may", "1999", "today", "Tonight",
    "this", "morning", "last", "week", "past", "year", "two", "3", "days", "ago", "dog", "\u0663",
    "\u017feven", "la\u017ft",
)  # fmt: skip


@given(st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join))
def test_no_day_is_missed_for_want_of_a_hint(query: str) -> None:
    quick = spans(query, NOW)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(moment, "_may_name", lambda _hints, _query: True)
        assert spans(query, NOW) == quick


def test_a_long_s_is_an_s() -> None:
    assert spans("on 16 \u017feptember 2023") == spans("on 16 september 2023")
    assert spans("\u017feven days ago", NOW) == spans("seven days ago", NOW)
    assert spans("la\u017ft week", NOW) == spans("last week", NOW)


def test_a_question_full_of_days_names_each_once_and_only_so_many() -> None:
    assert spans("1 may " * 2_700) == [Span(day(2000, 5, 1), day(2000, 5, 1), yearly=True)]
    many = " ".join(f"2020-01-{number:02}, 2021-03-{number:02}" for number in range(1, 29))
    assert len(spans(many)) == limits.QUERY_DAYS_MAX


def test_what_a_form_has_read_no_later_form_reads() -> None:
    assert spans("from 2023-06-16 to 17 June 2023") == [
        Span(day(2023, 6, 16), day(2023, 6, 16)),
        Span(day(2023, 6, 17), day(2023, 6, 17)),
    ]
    assert spans("the week before 3 August 2023 and the day after 2023-06-16") == [
        Span(day(2023, 6, 16), day(2023, 6, 17)),
        Span(day(2023, 7, 27), day(2023, 8, 3)),
    ]
