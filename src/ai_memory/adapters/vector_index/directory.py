"""The folder of segment files: which of them make the chain, and whose turn it is to write."""

from __future__ import annotations

import logging
import re
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from ai_memory.adapters.lock import try_lock
from ai_memory.adapters.private import make_folder
from ai_memory.adapters.vector_index.footer import SegmentUnusable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from ai_memory.adapters.vector_index.segment import Identity, Segment
    from ai_memory.ports import EmbeddingModel

SEGMENT_NAME: Final = re.compile(r"(\d{20})-(\d{20})\.segment")
PARTIAL_SUFFIX: Final = ".partial"
LOCK_NAME: Final = "lock"
LISTINGS_MAX: Final = 4  # a fold may remove a file between the listing and the opening

log = logging.getLogger(__name__)


class Directory:
    """The files of one index. Damage is noted and passed over, never raised.

    Attributes:
        path: None: nothing is kept on disk.
        problems: Why a file was passed over, by its name.
    """

    def __init__(self, path: Path | None, model: EmbeddingModel) -> None:
        self.path = path
        self.problems: dict[str, str] = {}
        self._model = model
        self._unusable: set[Identity] = set()
        self._listed_ns = -1

    def has_changed(self) -> bool:
        """Whether files have come or gone since the chain was last made."""
        return self._modified_ns() != self._listed_ns

    def chain(self, mapped: Sequence[Segment]) -> tuple[Segment, ...]:
        """The segments that begin at 0 and follow each other; those in `mapped` are kept mapped.

        Of several that begin at the same key the longest is taken: it was folded from the others.
        """
        if self.path is None:
            return ()
        known = {segment.identity: segment for segment in mapped}
        for _ in range(LISTINGS_MAX):
            self._listed_ns = self._modified_ns()
            try:
                return self._linked(self.path, known)
            except FileNotFoundError:
                continue
        return tuple(mapped)

    def distrust(self, segments: Iterable[Segment], why: str) -> None:
        """Pass over files from now on."""
        for segment in segments:
            self._pass_over(segment.identity, why)

    @contextmanager
    def owned(self) -> Iterator[bool]:
        """Make the folder and be the only one that writes in it, or yield False; never waits."""
        if self.path is None:
            yield False
            return
        make_folder(self.path)
        with try_lock(self.path / LOCK_NAME) as mine:
            yield mine

    def segment_path(self, low: int, high: int) -> Path:
        """The name of the segment of a range."""
        assert self.path is not None
        return self.path / f"{low:020d}-{high:020d}.segment"

    def sweep(self, chain: Sequence[Segment]) -> None:
        """Remove what the chain does not need: only the owner may."""
        assert self.path is not None
        needed = {segment.path.name for segment in chain}
        for path in list(self.path.iterdir()):
            left_over = SEGMENT_NAME.fullmatch(path.name) is not None and path.name not in needed
            if left_over or path.name.endswith(PARTIAL_SUFFIX):
                with suppress(PermissionError):  # Windows: another process has it mapped
                    path.unlink(missing_ok=True)
            self.problems.pop(path.name, None)

    def _linked(self, path: Path, known: dict[Identity, Segment]) -> tuple[Segment, ...]:
        ranges: dict[int, list[int]] = {}
        for file in path.iterdir() if path.is_dir() else ():
            if (match := SEGMENT_NAME.fullmatch(file.name)) is not None:
                low, high = int(match[1]), int(match[2])
                if low < high:
                    ranges.setdefault(low, []).append(high)
        chain: list[Segment] = []
        at: int | None = 0
        while at is not None:
            low, at = at, None
            for high in sorted(ranges.get(low, ()), reverse=True):
                if (segment := self._usable(low, high, known)) is not None:
                    chain.append(segment)
                    at = high
                    break
        return tuple(chain)

    def _usable(self, low: int, high: int, known: dict[Identity, Segment]) -> Segment | None:
        from ai_memory.adapters.vector_index.segment import Identity, Segment

        path = self.segment_path(low, high)
        identity = Identity.of(path)
        if identity in self._unusable:
            return None
        if identity in known:
            return known[identity]
        try:
            segment = Segment(path, self._model)
        except SegmentUnusable as error:
            self._pass_over(identity, str(error))
            return None
        except FileNotFoundError:
            raise
        except OSError as error:
            self._pass_over(identity, f"cannot be read: {error.strerror}")
            return None
        if (segment.low, segment.high) != (low, high):
            self._pass_over(identity, "is not what its name says")
            return None
        return segment

    def _pass_over(self, identity: Identity, why: str) -> None:
        self._unusable.add(identity)
        self.problems[identity.name] = why
        log.warning("vector index: %s is passed over: %s", identity.name, why)

    def _modified_ns(self) -> int:
        if self.path is None:
            return 0
        try:
            return self.path.stat().st_mtime_ns
        except OSError:
            return 0
