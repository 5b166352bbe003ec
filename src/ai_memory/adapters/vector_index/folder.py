"""The folder beside a database, and in it one folder per model."""

from __future__ import annotations

import re
from contextlib import ExitStack, contextmanager, suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from ai_memory.adapters.lock import try_lock
from ai_memory.adapters.private import make_folder
from ai_memory.adapters.vector_index.directory import LOCK_NAME, SEGMENT_NAME

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from ai_memory.ports import EmbeddingModel

CHANGE_LOCK: Final = "change.lock"
_READABLE_CHARS: Final = 40
_FOREIGN: Final = re.compile(r"[^A-Za-z0-9.-]+")


class IndexFolder:
    """Everything the indexes of one database keep on disk.

    Attributes:
        path: None: the database is in memory, and nothing is kept.
    """

    def __init__(self, database: Path | None) -> None:
        self.path = None if database is None else database.with_name(database.name + ".vectors")

    def of_model(self, model: EmbeddingModel) -> Path | None:
        """Where one model's segments are: a readable part of its name, a digest of it all."""
        readable = _FOREIGN.sub("-", model.id).strip("-.")[-_READABLE_CHARS:]
        digest = sha256(f"{model.dim} {model.id}".encode()).hexdigest()[:8]
        return self.path and self.path / f"{readable}-{digest}"

    def adopt(self, model: EmbeddingModel) -> None:
        """Move segments that lie in the folder itself, as the first stores kept them, to `model`'s.

        Those made by another model are passed over there, as any foreign file is.
        """
        folder = self.of_model(model)
        if self.path is None or folder is None or folder.exists():
            return
        with suppress(OSError):  # what cannot be moved is made anew
            found = [path for path in self.path.iterdir() if SEGMENT_NAME.fullmatch(path.name)]
            if found:
                make_folder(folder)
            for path in found:
                path.replace(folder / path.name)

    @contextmanager
    def changing(self) -> Iterator[bool]:
        """Be the only process that makes the vectors of a new model, or yield False; never waits.

        The lock vanishes with its holder, however it dies.
        """
        if self.path is None:
            yield True
            return
        with ExitStack() as held:
            try:
                make_folder(self.path)
                mine = held.enter_context(try_lock(self.path / CHANGE_LOCK))
            except OSError:
                mine = True  # two would do the same work twice, and come to the same
            yield mine

    def forget_others(self, kept: Collection[EmbeddingModel | None]) -> None:
        """Remove the files of all models but these; what another process writes stays."""
        if self.path is None or not self.path.is_dir():
            return
        folders = (self.of_model(model) for model in kept if model is not None)
        needed = {CHANGE_LOCK, *(folder.name for folder in folders if folder is not None)}
        for path in list(self.path.iterdir()):
            if path.name in needed:
                continue
            with suppress(OSError):
                if path.is_dir():
                    _remove(path)
                else:
                    path.unlink(missing_ok=True)


def _remove(folder: Path) -> None:
    import shutil

    with try_lock(folder / LOCK_NAME) as mine:
        if mine:
            shutil.rmtree(folder)
