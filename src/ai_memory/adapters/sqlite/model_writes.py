"""Which embedding model serves, comes or leaves: rows that change while everybody works."""

from __future__ import annotations

from typing import Any

from ai_memory.adapters.sqlite.query import query
from ai_memory.adapters.sqlite.reader import SqliteReader
from ai_memory.adapters.sqlite.statement import json_text
from ai_memory.ports import EmbeddingModel, Unprepared


class ModelWrites(SqliteReader):
    """The part of the Transaction port about embedding models.

    Rare beside stores, so each is a statement of its own.
    """

    writes: int
    _memory_key: int

    def _change_models(self, sql_name: str, **bindings: Any) -> None:
        self.writes += 1
        self._connection.execute(query(sql_name), bindings)
        self._known_models = None

    def begin_model(self, model: EmbeddingModel) -> bool:
        """See ports.Transaction."""
        self._flush()
        serving, coming = self.embedding_model(), self.coming_model()
        if coming == model:
            return False
        if coming is not None:
            self._change_models("change_role", before="coming", after="leaving")
            self._change_models("end_all_waiting")
        if serving not in (None, model):
            self._change_models("add_model", id=model.id, dim=model.dim, role="coming")
            return False
        if serving is None:
            self._change_models("add_model", id=model.id, dim=model.dim, role="serving")
        return True

    def reach(self, model: EmbeddingModel, found: Unprepared) -> bool:
        """See ports.Transaction."""
        coming = self._model_in("coming")
        # Given up and begun anew, it may not have come as far.
        if coming is None or coming.model != model or coming.reached < found.begins:
            return False
        if found.reached > coming.reached:
            self._change_models("reach", model=coming.key, reached=found.reached)
        return True

    def switch_model(self, model: EmbeddingModel, stragglers_max: int) -> bool:
        """See ports.Transaction."""
        self._flush()
        if self.coming_model() != model:
            return self.embedding_model() == model
        late = self.unprepared(stragglers_max + 1)
        if len(late.memories) > stragglers_max or late.reached < self._memory_key:
            return False
        self._change_models("change_role", before="serving", after="leaving")
        self._change_models("change_role", before="coming", after="serving")
        self._change_models("end_all_waiting")
        self._connection.execute(query("mark_all_embedded"))
        if late.memories:
            late_ids = json_text([memory.id for memory in late.memories])
            self._connection.execute(query("mark_unembedded"), {"rows": late_ids})
        return True

    def drop_left(self, limit: int) -> int:
        """See ports.Transaction."""
        self.writes += 1
        self._connection.execute(query("drop_leaving"), {"limit": limit})
        dropped = self._connection.changes()
        if dropped < limit:
            self._change_models("forget_left")
        return dropped
