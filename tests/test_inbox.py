"""Answers of other threads reach the loop, together and one by one."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from typing import Any

import pytest

from ai_memory.inbox import Inbox


def test_all_that_came_before_a_look_are_one_wake(monkeypatch: pytest.MonkeyPatch) -> None:
    rings: list[Any] = []

    async def main() -> list[int]:
        loop = asyncio.get_running_loop()
        inbox = Inbox(loop)
        ring = loop.call_soon_threadsafe

        def counted(*args: Any) -> Any:
            rings.append(args)
            return ring(*args)

        monkeypatch.setattr(loop, "call_soon_threadsafe", counted)
        answers: list[Future[int]] = [Future() for _ in range(50)]
        waits = [asyncio.ensure_future(inbox.wait(answer)) for answer in answers]
        await asyncio.sleep(0)

        def commit() -> None:
            for number, answer in enumerate(answers):
                answer.set_result(number)

        thread = threading.Thread(target=commit)
        thread.start()
        thread.join()  # the loop cannot look before all have come
        return list(await asyncio.gather(*waits))

    assert asyncio.run(main()) == list(range(50))
    assert len(rings) == 1


def test_failures_are_raised_and_answers_in_between_are_not_lost() -> None:
    async def main() -> None:
        inbox = Inbox(asyncio.get_running_loop())
        failed: Future[int] = Future()
        failed.set_exception(KeyError("k"))
        with pytest.raises(KeyError):
            await inbox.wait(failed)

        def answer(future: Future[int]) -> None:
            future.set_result(1)

        for _ in range(200):
            future: Future[int] = Future()
            threading.Thread(target=answer, args=(future,)).start()
            assert await asyncio.wait_for(inbox.wait(future), 10) == 1

    asyncio.run(main())


def test_a_cancelled_caller_cancels_what_has_not_begun() -> None:
    async def main() -> tuple[bool, bool]:
        inbox = Inbox(asyncio.get_running_loop())
        waiting: Future[int] = Future()
        begun: Future[int] = Future()
        begun.set_running_or_notify_cancel()
        for future in (waiting, begun):
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(inbox.wait(future), 0)
            task = asyncio.ensure_future(inbox.wait(future))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        begun.set_result(1)  # whoever finishes it later wakes nobody
        return waiting.cancelled(), begun.cancelled()

    assert asyncio.run(main()) == (True, False)
