"""Every operation, once. The faces, the reference pages and the Python API are fed from this tuple.

Lazy on purpose: an entry names its module, so that a CLI that runs one command defines one command.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from inspect import isgeneratorfunction
from typing import Any, Final, Literal, NamedTuple

from ai_memory.errors import UnknownOperation
from ai_memory.model.command import Command

Family = Literal["core", "lifecycle", "graph", "governance", "power", "meta", "archive", "other"]
FAMILIES: Final[tuple[Family, ...]] = (
    "core", "lifecycle", "graph", "governance", "power", "meta", "archive", "other",
)  # fmt: skip


class Operation(NamedTuple):
    """One operation.

    Attributes:
        name: What it is called in Python, `verb_noun`; also its module.
        wire: What it is called in MCP.
        method: The method of the Python API; with dashes, the CLI's command.
        title: For people.
        family: The MCP family it belongs to.
        command: Name of the command class in its module.
        result: Name of the result class.
        reads_only: It changes nothing a client can see but counters.
        destructive: It may take something away.
        idempotent: Saying it twice changes no more than saying it once.
        embeds: It makes vectors, or says whether they could be made.
        defers: The vectors it makes may be made later, by another process: a call that lives for
            it alone loads no model for them.
        swift: It reads a page at most, in less than a millisecond as a rule: an event loop reads it
            on the spot, where a thread would cost more than the reading.
        consults: It asks a language model, and fails when that fails.
        streams: Its answer is a stream of bytes, from `node.stream`; `result` is one line of it.
        faces: Where it stands; the others are deliberate absences, explained in docs/reference.
    """

    name: str
    wire: str
    method: str
    title: str
    family: Family
    command: str
    result: str
    reads_only: bool = False
    destructive: bool = False
    idempotent: bool = False
    embeds: bool = False
    defers: bool = False
    swift: bool = False
    consults: bool = False
    streams: bool = False
    faces: tuple[Literal["mcp", "http", "cli"], ...] = ("mcp", "http", "cli")

    @property
    def cli(self) -> str:
        """What the command line calls it: `archive_list` is `archive-list`, or two words."""
        return self.method.replace("_", "-")


OPERATIONS: Final = (
    Operation("store_memory", "memory_store", "store", "Store a memory", "core",
              "StoreMemory", "StoreResult", embeds=True, defers=True),
    Operation("recall_memories", "memory_recall", "recall", "Recall what matters", "core",
              "RecallMemories", "RecallResult", reads_only=True, embeds=True),
    Operation("search_memories", "memory_search", "search", "Search by exact words", "core",
              "SearchMemories", "SearchResult", reads_only=True, idempotent=True, swift=True),
    Operation("list_memories", "memory_list", "list", "Browse memories", "core",
              "ListMemories", "ListResult", reads_only=True, idempotent=True, swift=True),
    Operation("get_memory", "memory_get", "get", "Read one memory", "core",
              "GetMemory", "GetResult", reads_only=True, idempotent=True, swift=True),
    Operation("load_family", "memory_load_family", "load_family", "Load a family of tools", "core",
              "LoadFamily", "FamilyResult", reads_only=True, idempotent=True),
    Operation("smart_load", "memory_smart_load", "smart_load", "Load the tools for an intent",
              "core", "SmartLoad", "SmartLoadResult", reads_only=True, idempotent=True,
              embeds=True),
    Operation("update_memory", "memory_update", "update", "Revise a memory", "lifecycle",
              "UpdateMemory", "UpdateResult", idempotent=True, embeds=True, defers=True),
    Operation("delete_memory", "memory_delete", "delete", "Delete a memory", "lifecycle",
              "DeleteMemory", "DeleteResult", destructive=True),
    Operation("promote_memory", "memory_promote", "promote", "Keep a memory for good", "lifecycle",
              "PromoteMemory", "PromoteResult"),
    Operation("memory_history", "memory_history", "history", "Show a memory's versions",
              "lifecycle", "MemoryHistory", "HistoryResult", reads_only=True, idempotent=True,
              swift=True),
    Operation("start_session", "memory_session_start", "session_start",
              "Read what matters first", "meta",
              "StartSession", "SessionResult", reads_only=True),
    Operation("diff_versions", "memory_diff", "diff", "Compare two versions", "lifecycle",
              "DiffVersions", "DiffResult", reads_only=True, idempotent=True),
    Operation("restore_version", "memory_restore_version", "restore_version",
              "Bring an older version back", "lifecycle",
              "RestoreVersion", "RestoredVersion", idempotent=True, embeds=True, defers=True),
    Operation("forget_memories", "memory_forget", "forget", "Forget memories by pattern",
              "lifecycle", "ForgetMemories", "ForgetResult", destructive=True),
    Operation("collect_expired", "memory_gc", "gc", "Archive what has expired", "lifecycle",
              "CollectExpired", "CollectResult", destructive=True, idempotent=True),
    Operation("erase_memory", "memory_erase", "erase", "Erase a memory without a trace",
              "lifecycle", "EraseMemory", "EraseResult", destructive=True, idempotent=True),
    Operation("list_archived", "memory_archive_list", "archive_list", "Browse the archive",
              "archive", "ListArchived", "ArchiveListResult", reads_only=True, idempotent=True),
    Operation("restore_archived", "memory_archive_restore", "archive_restore",
              "Take a memory back from the archive", "archive",
              "RestoreArchived", "RestoreResult", embeds=True, defers=True),
    Operation("purge_archive", "memory_archive_purge", "archive_purge",
              "Remove archived memories for good", "archive",
              "PurgeArchive", "PurgeResult", destructive=True, idempotent=True),
    Operation("archive_stats", "memory_archive_stats", "archive_stats", "Count what is archived",
              "archive", "ArchiveStats", "ArchiveStatsResult", reads_only=True, idempotent=True),
    Operation("archive_memories", "memory_archive_add", "archive_add", "Archive memories by id",
              "archive", "ArchiveMemories", "ArchivedResult", destructive=True, idempotent=True),
    Operation("link_memories", "memory_link", "link", "Link two memories", "graph",
              "LinkMemories", "LinkResult", idempotent=True),
    Operation("get_links", "memory_get_links", "get_links", "List a memory's links", "graph",
              "GetLinks", "LinksResult", reads_only=True, idempotent=True, swift=True),
    Operation("query_graph", "memory_kg_query", "kg_query", "Find related memories", "graph",
              "QueryGraph", "GraphResult", reads_only=True, idempotent=True),
    Operation("list_timeline", "memory_kg_timeline", "kg_timeline", "Show a memory's timeline",
              "graph", "ListTimeline", "TimelineResult", reads_only=True, idempotent=True,
              swift=True),
    Operation("invalidate_link", "memory_kg_invalidate", "kg_invalidate", "End a link", "graph",
              "InvalidateLink", "InvalidateResult", idempotent=True),
    Operation("find_paths", "memory_find_paths", "find_paths", "Find how memories connect",
              "graph", "FindPaths", "PathsResult", reads_only=True, idempotent=True),
    Operation("register_entity", "memory_entity_register", "entity_register",
              "Register a person, place or thing", "graph",
              "RegisterEntity", "EntityResult", idempotent=True),
    Operation("find_entity", "memory_entity_get_by_alias", "entity_get_by_alias",
              "Find an entity by name", "graph",
              "FindEntity", "EntityFound", reads_only=True, idempotent=True, swift=True),
    Operation("get_taxonomy", "memory_get_taxonomy", "get_taxonomy", "Show namespaces as a tree",
              "graph", "GetTaxonomy", "TaxonomyResult", reads_only=True, idempotent=True),
    Operation("delete_link", "memory_unlink", "unlink", "Take a link back", "graph",
              "DeleteLink", "DeleteLinkResult", destructive=True, idempotent=True,
              faces=("http", "cli")),
    Operation("memory_stats", "memory_stats", "stats", "Count what is stored", "meta",
              "MemoryStats", "StatsResult", reads_only=True, idempotent=True),
    Operation("list_namespaces", "memory_namespaces", "namespaces", "List namespaces", "meta",
              "ListNamespaces", "NamespacesResult", reads_only=True, idempotent=True),
    Operation("memory_capabilities", "memory_capabilities", "capabilities",
              "Tell what this node can do", "meta",
              "MemoryCapabilities", "CapabilitiesResult", reads_only=True, idempotent=True,
              embeds=True),
    Operation("memory_health", "memory_health", "health", "Check that the node works", "meta",
              "MemoryHealth", "HealthResult", reads_only=True, idempotent=True, embeds=True),
    Operation("consolidate_memories", "memory_consolidate", "consolidate",
              "Make one memory of several", "power",
              "ConsolidateMemories", "ConsolidateResult", destructive=True, embeds=True),
    Operation("auto_consolidate", "memory_auto_consolidate", "auto_consolidate",
              "Consolidate what belongs together", "power",
              "AutoConsolidate", "AutoConsolidateResult", destructive=True, embeds=True,
              faces=("http", "cli")),
    Operation("undo_consolidation", "memory_consolidate_undo", "consolidate_undo",
              "Undo a consolidation", "power", "UndoConsolidation", "UndoneResult"),
    Operation("check_duplicate", "memory_check_duplicate", "check_duplicate",
              "Tell whether it is stored already", "power",
              "CheckDuplicate", "DuplicateResult", reads_only=True, idempotent=True, embeds=True),
    Operation("detect_contradiction", "memory_detect_contradiction", "detect_contradiction",
              "Compare two memories", "power",
              "DetectContradiction", "ContradictionResult", reads_only=True, idempotent=True),
    # memory_link says the same on MCP, with supersedes, and memory_get_links shows the pairs.
    Operation("resolve_contradiction", "memory_resolve", "resolve", "Say which memory is right",
              "power", "ResolveContradiction", "ResolveResult", idempotent=True,
              faces=("http", "cli")),
    Operation("list_contradictions", "memory_contradictions", "contradictions",
              "List what contradicts each other", "power",
              "ListContradictions", "ContradictionsResult", reads_only=True, idempotent=True,
              faces=("http", "cli")),
    Operation("tag_memory", "memory_auto_tag", "auto_tag", "Let a model tag a memory", "power",
              "TagMemory", "TagResult", consults=True),
    Operation("expand_query", "memory_expand_query", "expand_query",
              "Let a model name related words", "power",
              "ExpandQuery", "ExpandResult", reads_only=True, consults=True),
    # A page of a program's own making: agents store one fact at a time, files are imported.
    Operation("store_many", "memory_store_many", "store_many", "Store several memories", "core",
              "StoreMany", "StoreManyResult", embeds=True, faces=("http",)),
    # A file of memories: over MCP it would pass through the model's context window.
    Operation("export_memories", "memory_export", "export", "Export everything", "other",
              "ExportMemories", "ExportLine", reads_only=True, idempotent=True, streams=True,
              faces=("http", "cli")),
    Operation("import_memories", "memory_import", "import", "Import memories", "other",
              "ImportMemories", "ImportResult", idempotent=True, embeds=True,
              faces=("http", "cli")),
    Operation("curator_report", "memory_curator_report", "curator_report",
              "Show what the curator did", "other",
              "CuratorReport", "CuratorReportResult", reads_only=True, idempotent=True),
    Operation("undo_curation", "memory_curator_undo", "curator_undo",
              "Undo what the curator did", "other",
              "UndoCuration", "UndoResult", idempotent=True),
    # The curator's own.
    Operation("curate_memories", "memory_curate", "curate", "Work on some memories", "other",
              "CurateMemories", "CurateResult", faces=()),
    Operation("record_curation", "memory_record_curation", "record_curation",
              "Keep a report", "other", "RecordCuration", "RecordResult", faces=()),
    Operation("tag_next", "memory_tag_next", "tag_next", "Tag what waits for tags", "other",
              "TagNext", "TagNextResult", faces=()),
    # The janitor's own.
    Operation("touch_memories", "memory_touch", "touch", "Count recalls", "other",
              "TouchMemories", "TouchResult", faces=()),
    Operation("scrub_traces", "memory_scrub", "scrub", "Finish erasures", "other",
              "ScrubTraces", "ScrubResult", faces=()),
    Operation("embed_memories", "memory_embed", "embed", "Make missing vectors", "other",
              "EmbedMemories", "EmbedResult", embeds=True, faces=()),
    Operation("prepare_model", "memory_prepare_model", "prepare_model", "Prepare a model", "other",
              "PrepareModel", "PrepareResult", embeds=True, faces=()),
    Operation("switch_model", "memory_switch_model", "switch_model", "Switch models", "other",
              "SwitchModel", "SwitchResult", faces=()),
    Operation("drop_vectors", "memory_drop_vectors", "drop_vectors", "Drop old vectors", "other",
              "DropVectors", "DropResult", faces=()),
)  # fmt: skip

_BY_NAME: Final = {operation.name: operation for operation in OPERATIONS}
_BY_WIRE: Final = {operation.wire: operation for operation in OPERATIONS}
_BY_METHOD: Final = {operation.method: operation for operation in OPERATIONS}
_BY_CLI: Final = {operation.cli: operation for operation in OPERATIONS}


def operations_on(face: str) -> list[Operation]:
    """The operations a face offers, in order."""
    return [operation for operation in OPERATIONS if face in operation.faces]


def by_wire(wire: str) -> Operation:
    """The operation MCP calls `wire`.

    Raises:
        UnknownOperation: There is none.
    """
    found = _BY_WIRE.get(wire)
    if found is None:
        raise UnknownOperation(f"there is no operation '{wire[:80]}'")
    return found


def by_method(method: str) -> Operation:
    """The operation the Python API calls `method`.

    Raises:
        UnknownOperation: There is none.
    """
    found = _BY_METHOD.get(method)
    if found is None:
        raise UnknownOperation(f"there is no operation '{method[:80]}'")
    return found


def by_cli(name: str) -> Operation:
    """The operation the command line calls `name`.

    Raises:
        UnknownOperation: There is none.
    """
    found = _BY_CLI.get(name)
    if found is None:
        raise UnknownOperation(f"there is no operation '{name[:80]}'")
    return found


@cache
def command_type(operation: Operation) -> type[Command]:
    """The command class, imported now."""
    found: type[Command] = getattr(_module(operation.name), operation.command)
    return found


@cache
def result_type(operation: Operation) -> type[Any]:
    """The result class, imported now."""
    found: type[Any] = getattr(_module(operation.name), operation.result)
    return found


@cache
def runner(command: type[Command]) -> tuple[Operation, Callable[..., Any]]:
    """The operation a command belongs to, and its function."""
    name = command.__module__.rsplit(".", 1)[-1]
    operation = _BY_NAME[name]
    return operation, getattr(_module(name), name)


@cache
def takes_steps(command: type[Command]) -> bool:
    """Whether the operation is a generator of steps; otherwise it is a plain read."""
    return isgeneratorfunction(runner(command)[1])


def _module(name: str) -> Any:
    return import_module(f"ai_memory.operations.{name}")
