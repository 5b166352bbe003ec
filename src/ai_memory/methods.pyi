"""What every operation takes and answers, for type checkers; nothing here exists when it runs.

Written by scripts/reference.py; change the declarations, then `make docs`. An answer is a dict
whose keys can be read as attributes. Which of them may be missing, docs/reference/operations.md
says; `answer.get("key")` asks.
"""

import builtins
import datetime
from collections.abc import AsyncIterator, Generator
from typing import Any, Literal


class StoreResult(builtins.dict[str, Any]):
    id: str
    tier: str
    namespace: str
    title: str
    content: str
    tags: builtins.list[str]
    priority: int
    confidence: float
    source: str
    access_count: int
    created_at: str
    updated_at: str
    version: int
    metadata: builtins.dict[str, Any]
    truncated: bool
    content_chars: int
    passages: builtins.list[PassageView]
    last_accessed_at: str
    expires_at: str
    damaged: builtins.list[str]
    agent_id: str
    potential_contradictions: builtins.list[str]
    near_duplicates: builtins.list[NearDuplicate]
    duplicate: bool
    action: str
    tags_pending: bool
    vectors_pending: bool
    autonomy_hook_skipped: str

class PassageView(builtins.dict[str, Any]):
    start: int
    end: int

class NearDuplicate(builtins.dict[str, Any]):
    id: str
    title: str
    similarity: float

class RecallResult(builtins.dict[str, Any]):
    memories: builtins.list[RecalledView]
    count: int
    confident: bool
    mode: str
    tokens_used: int
    meta: RecallMeta
    budget_tokens: int

class RecalledView(builtins.dict[str, Any]):
    id: str
    tier: str
    namespace: str
    title: str
    content: str
    tags: builtins.list[str]
    priority: int
    confidence: float
    source: str
    access_count: int
    created_at: str
    updated_at: str
    version: int
    metadata: builtins.dict[str, Any]
    truncated: bool
    content_chars: int
    passages: builtins.list[PassageView]
    last_accessed_at: str
    expires_at: str
    damaged: builtins.list[str]
    score: float
    relevance: float
    confident: bool
    origin: Literal['ancestor', 'elsewhere', 'global', 'own']
    superseded_by: builtins.list[str]
    may_supersede: builtins.list[str]
    may_be_superseded_by: builtins.list[str]
    explanation: builtins.dict[str, float]

class RecallMeta(builtins.dict[str, Any]):
    recall_mode: str
    degraded: str
    respelled: builtins.dict[str, builtins.list[str]]
    reranker_used: str
    candidate_counts: CandidateCounts
    blend_weight: float
    budget_tokens_used: int
    budget_tokens_remaining: int
    memories_dropped: int
    left_out: str
    archived_matches: int
    archived_hint: str
    budget_overflow: bool

class CandidateCounts(builtins.dict[str, Any]):
    fts: int
    hnsw: int

class SearchResult(builtins.dict[str, Any]):
    results: builtins.list[MemoryView]
    count: int
    query: str
    total: int
    total_is_exact: bool
    next_cursor: str
    archived_matches: int
    archived_hint: str

class MemoryView(builtins.dict[str, Any]):
    id: str
    tier: str
    namespace: str
    title: str
    content: str
    tags: builtins.list[str]
    priority: int
    confidence: float
    source: str
    access_count: int
    created_at: str
    updated_at: str
    version: int
    metadata: builtins.dict[str, Any]
    truncated: bool
    content_chars: int
    passages: builtins.list[PassageView]
    last_accessed_at: str
    expires_at: str
    damaged: builtins.list[str]

class ListResult(builtins.dict[str, Any]):
    memories: builtins.list[MemoryView]
    count: int
    total: int
    total_is_exact: bool
    next_cursor: str

class GetResult(builtins.dict[str, Any]):
    id: str
    tier: str
    namespace: str
    title: str
    content: str
    tags: builtins.list[str]
    priority: int
    confidence: float
    source: str
    access_count: int
    created_at: str
    updated_at: str
    version: int
    metadata: builtins.dict[str, Any]
    truncated: bool
    content_chars: int
    passages: builtins.list[PassageView]
    last_accessed_at: str
    expires_at: str
    damaged: builtins.list[str]
    memory: MemoryView
    links: builtins.list[LinkView]
    superseded_by: builtins.list[str]
    left_out: str

class LinkView(builtins.dict[str, Any]):
    source_id: str
    target_id: str
    relation: str
    created_at: str
    valid_from: str
    valid_until: str
    observed_by: str

class FamilyResult(builtins.dict[str, Any]):
    family: str
    status: str
    tools: builtins.list[str]
    namespace: str | None
    k: int
    count: int
    memories: builtins.list[MemoryView]

class SmartLoadResult(builtins.dict[str, Any]):
    chosen_family: str
    score: float
    chosen_family_source: str
    intent: str
    tools: builtins.list[str]
    namespace: str | None
    k: int
    count: int
    memories: builtins.list[MemoryView]

class UpdateResult(builtins.dict[str, Any]):
    id: str
    tier: str
    namespace: str
    title: str
    content: str
    tags: builtins.list[str]
    priority: int
    confidence: float
    source: str
    access_count: int
    created_at: str
    updated_at: str
    version: int
    metadata: builtins.dict[str, Any]
    truncated: bool
    content_chars: int
    passages: builtins.list[PassageView]
    last_accessed_at: str
    expires_at: str
    damaged: builtins.list[str]
    updated: bool
    memory: MemoryView
    vectors_pending: bool

class DeleteResult(builtins.dict[str, Any]):
    deleted: bool
    id: str

class PromoteResult(builtins.dict[str, Any]):
    promoted: bool
    mode: str
    id: str
    tier: str
    source_id: str
    clone_id: str
    to_namespace: str

class HistoryResult(builtins.dict[str, Any]):
    id: str
    versions: builtins.list[VersionView]
    count: int
    total: int
    next_cursor: str

class VersionView(builtins.dict[str, Any]):
    version: int
    current: bool
    written_at: str
    title: str
    content: str
    tags: builtins.list[str]
    metadata: builtins.dict[str, Any]

class SessionResult(builtins.dict[str, Any]):
    memories: builtins.list[StartedView]
    count: int
    mode: str
    session_id: str
    tokens_used: int
    fell_back: bool
    namespace: str
    budget_tokens: int
    memories_dropped: int
    left_out: str
    budget_overflow: bool
    summary: str
    language_model_problem: str

class StartedView(builtins.dict[str, Any]):
    id: str
    tier: str
    namespace: str
    title: str
    content: str
    tags: builtins.list[str]
    priority: int
    confidence: float
    source: str
    access_count: int
    created_at: str
    updated_at: str
    version: int
    metadata: builtins.dict[str, Any]
    truncated: bool
    content_chars: int
    passages: builtins.list[PassageView]
    last_accessed_at: str
    expires_at: str
    damaged: builtins.list[str]
    score: float

class DiffResult(builtins.dict[str, Any]):
    id: str
    from_version: int
    to_version: int
    same: bool
    title: TextChange
    content: builtins.list[str]
    tags_added: builtins.list[str]
    tags_removed: builtins.list[str]
    metadata_before: builtins.dict[str, Any]
    metadata_after: builtins.dict[str, Any]

class TextChange(builtins.dict[str, Any]):
    before: str
    after: str

class RestoredVersion(builtins.dict[str, Any]):
    id: str
    tier: str
    namespace: str
    title: str
    content: str
    tags: builtins.list[str]
    priority: int
    confidence: float
    source: str
    access_count: int
    created_at: str
    updated_at: str
    version: int
    metadata: builtins.dict[str, Any]
    truncated: bool
    content_chars: int
    passages: builtins.list[PassageView]
    last_accessed_at: str
    expires_at: str
    damaged: builtins.list[str]
    restored_from: int
    vectors_pending: bool

class ForgetResult(builtins.dict[str, Any]):
    dry_run: bool
    deleted: int
    forgotten: int
    archived: bool
    namespaces: builtins.dict[str, int]
    would_delete: int
    sample: builtins.list[Forgettable]

class Forgettable(builtins.dict[str, Any]):
    id: str
    namespace: str
    title: str

class CollectResult(builtins.dict[str, Any]):
    collected: int
    expired_deleted: int
    dry_run: bool

class EraseResult(builtins.dict[str, Any]):
    id: str
    erased: bool
    dry_run: bool
    at: str
    was_live: bool
    was_archived: bool
    versions: int
    version_hashes: builtins.list[str]
    vectors: int
    links: int
    copies: builtins.list[str]
    index_files: int
    complete: bool
    waits_for: builtins.list[str]

class ArchiveListResult(builtins.dict[str, Any]):
    archived: builtins.list[ArchivedView]
    count: int
    total: int
    total_is_exact: bool
    next_cursor: str

class ArchivedView(builtins.dict[str, Any]):
    id: str
    tier: str
    namespace: str
    title: str
    content: str
    tags: builtins.list[str]
    priority: int
    confidence: float
    source: str
    access_count: int
    created_at: str
    updated_at: str
    version: int
    metadata: builtins.dict[str, Any]
    truncated: bool
    content_chars: int
    passages: builtins.list[PassageView]
    last_accessed_at: str
    expires_at: str
    damaged: builtins.list[str]
    archived_at: str
    archive_reason: str

class RestoreResult(builtins.dict[str, Any]):
    id: str
    tier: str
    namespace: str
    title: str
    content: str
    tags: builtins.list[str]
    priority: int
    confidence: float
    source: str
    access_count: int
    created_at: str
    updated_at: str
    version: int
    metadata: builtins.dict[str, Any]
    truncated: bool
    content_chars: int
    passages: builtins.list[PassageView]
    last_accessed_at: str
    expires_at: str
    damaged: builtins.list[str]
    restored: bool
    archive_reason: str
    vectors_pending: bool

class PurgeResult(builtins.dict[str, Any]):
    purged: int
    dry_run: bool
    complete: bool
    waits_for: builtins.list[str]

class ArchiveStatsResult(builtins.dict[str, Any]):
    archived_total: int
    by_namespace: builtins.list[NamespaceCount]
    archived_bytes: int
    oldest: str
    newest: str

class NamespaceCount(builtins.dict[str, Any]):
    namespace: str
    count: int

class ArchivedResult(builtins.dict[str, Any]):
    archived: builtins.list[str]
    missing: builtins.list[str]
    count: int
    reason: str

class LinkResult(builtins.dict[str, Any]):
    linked: bool
    source_id: str
    target_id: str
    relation: str
    valid_from: str
    observed_by: str
    attest_level: str
    valid_until: str
    duplicate: bool
    ended: int

class LinksResult(builtins.dict[str, Any]):
    links: builtins.list[LinkView]
    count: int
    total: int
    next_cursor: str

class GraphResult(builtins.dict[str, Any]):
    source_id: str
    max_depth: int
    memories: builtins.list[RelatedView]
    paths: builtins.list[str]
    count: int
    total: int
    truncated: bool
    links: builtins.list[LinkView]
    next_cursor: str

class RelatedView(builtins.dict[str, Any]):
    target_id: str
    relation: str
    valid_from: str
    valid_until: str | None
    observed_by: str | None
    title: str
    target_namespace: str
    depth: int
    path: str
    direction: str

class TimelineResult(builtins.dict[str, Any]):
    source_id: str
    events: builtins.list[TimelineEvent]
    count: int
    total: int
    next_cursor: str

class TimelineEvent(builtins.dict[str, Any]):
    target_id: str
    relation: str
    valid_from: str
    valid_until: str | None
    observed_by: str | None
    title: str
    target_namespace: str

class InvalidateResult(builtins.dict[str, Any]):
    found: bool
    source_id: str
    target_id: str
    relation: str
    valid_until: str
    previous_valid_until: str | None

class PathsResult(builtins.dict[str, Any]):
    source_id: str
    target_id: str
    paths: builtins.list[builtins.list[str]]
    count: int
    truncated: bool

class EntityResult(builtins.dict[str, Any]):
    entity_id: str
    canonical_name: str
    namespace: str
    aliases: builtins.list[str]
    created: bool

class EntityFound(builtins.dict[str, Any]):
    found: bool
    entity_id: str | None
    canonical_name: str | None
    namespace: str | None
    aliases: builtins.list[str]

class TaxonomyResult(builtins.dict[str, Any]):
    tree: TaxonomyNode
    total_count: int
    truncated: bool

class TaxonomyNode(builtins.dict[str, Any]):
    namespace: str
    name: str
    count: int
    subtree_count: int
    children: builtins.list[TaxonomyNode]

class DeleteLinkResult(builtins.dict[str, Any]):
    deleted: bool
    count: int

class StatsResult(builtins.dict[str, Any]):
    total: int
    by_tier: builtins.list[TierCount]
    by_namespace: builtins.list[NamespaceCount]
    expiring_soon: int
    links_count: int
    db_size_bytes: int
    dim_violations: int
    index_evictions_total: int
    archived_total: int
    vectors_count: int
    unembedded: int

class TierCount(builtins.dict[str, Any]):
    tier: str
    count: int

class NamespacesResult(builtins.dict[str, Any]):
    namespaces: builtins.list[NamespaceCount]
    count: int
    total: int
    next_cursor: str

class CapabilitiesResult(builtins.dict[str, Any]):
    tier: str
    version: str
    features: builtins.dict[str, Any]
    models: builtins.dict[str, Any]
    schema_version: str
    permissions: builtins.dict[str, Any]
    hooks: builtins.dict[str, Any]
    compaction: builtins.dict[str, Any]
    approval: builtins.dict[str, Any]
    transcripts: builtins.dict[str, Any]
    hnsw: builtins.dict[str, Any]
    workers: int
    families: builtins.dict[str, Any]
    summary: str
    to_describe_to_user: str
    tools: builtins.list[Any]
    family: str
    loaded_under_active_profile: bool
    verbose: bool

class HealthResult(builtins.dict[str, Any]):
    status: str
    service: str
    version: str
    embedder_ready: bool
    federation_enabled: bool
    level: str
    log_position: int
    workers: int
    embedder_problem: str

class ConsolidateResult(builtins.dict[str, Any]):
    id: str
    consolidated: int
    title: str
    namespace: str
    auto_summary: bool
    summary_by: Literal['extract', 'model']
    summary_preview: str
    language_model_problem: str
    kept_verbatim: int
    not_in_summary: builtins.list[str]
    tags_left_out: builtins.list[str]

class AutoConsolidateResult(builtins.dict[str, Any]):
    dry_run: bool
    consolidated: int
    groups: builtins.list[GroupView]

class GroupView(builtins.dict[str, Any]):
    namespace: str
    tag: str | None
    count: int
    titles: builtins.list[str]
    ids: builtins.list[str]
    id: str
    title: str

class UndoneResult(builtins.dict[str, Any]):
    undone: bool
    id: str
    restored: builtins.list[str]
    missing: builtins.list[str]
    count: int

class DuplicateResult(builtins.dict[str, Any]):
    is_duplicate: bool
    threshold: float
    nearest: NearestView | None
    suggested_merge: str | None
    candidates_scanned: int
    method: Literal['meaning', 'words']
    degraded: str
    differs: bool

class NearestView(builtins.dict[str, Any]):
    id: str
    title: str
    namespace: str
    similarity: float

class ContradictionResult(builtins.dict[str, Any]):
    contradicts: bool
    memory_a: ComparedView
    memory_b: ComparedView
    method: Literal['model', 'words']
    kind: str
    language_model_problem: str

class ComparedView(builtins.dict[str, Any]):
    id: str
    title: str

class ResolveResult(builtins.dict[str, Any]):
    resolved: bool
    winner: str
    loser: str
    ended: int

class ContradictionsResult(builtins.dict[str, Any]):
    memories: builtins.list[MemoryView]
    links: builtins.list[ContradictionView]
    count: int
    truncated: bool

class ContradictionView(builtins.dict[str, Any]):
    source_id: str
    target_id: str
    relation: str
    synthesized: bool

class TagResult(builtins.dict[str, Any]):
    id: str
    new_tags: builtins.list[str]
    all_tags: builtins.list[str]

class ExpandResult(builtins.dict[str, Any]):
    original: str
    expanded_terms: builtins.list[str]

class StoreManyResult(builtins.dict[str, Any]):
    created: int
    ids: builtins.list[str]
    errors: builtins.list[StoreRefusal]

class StoreRefusal(builtins.dict[str, Any]):
    index: int
    title: str
    code: str
    message: str

class ImportResult(builtins.dict[str, Any]):
    imported: int
    updated: int
    skipped: int
    linked: int
    errors: builtins.list[ImportRefusal]
    kept: int
    gone: int
    expired: int
    renamed: builtins.list[ImportRename]

class ImportRefusal(builtins.dict[str, Any]):
    index: int
    code: str
    message: str
    kind: Literal['link', 'memory', 'record']

class ImportRename(builtins.dict[str, Any]):
    index: int
    title: str

class CuratorReportResult(builtins.dict[str, Any]):
    reports: builtins.list[builtins.dict[str, Any]]
    count: int
    actions: builtins.list[CurationView]
    queue: QueueView

class CurationView(builtins.dict[str, Any]):
    id: str
    run_id: str
    action: str
    memory_id: str
    at: str
    undone_at: str

class QueueView(builtins.dict[str, Any]):
    waiting: int
    given_up: int
    problem: str

class UndoResult(builtins.dict[str, Any]):
    id: str
    undone: bool
    action: str
    memory_id: str
    reason: str

class Methods:

    def store(
        self,
        title: str,
        content: str,
        namespace: str = '',
        tier: Literal['long', 'mid', 'short'] = 'mid',
        tags: builtins.list[str] | tuple[str, ...] | builtins.set[str] | builtins.frozenset[str] = ...,
        priority: int = 5,
        confidence: float = 1.0,
        source: Literal['api', 'chaos', 'claude', 'cli', 'consolidation', 'hook', 'import', 'notify', 'system', 'user'] = 'api',
        metadata: builtins.dict[str, Any] = ...,
        agent_id: str | None = None,
        scope: Literal['collective', 'org', 'private', 'team', 'unit'] | None = None,
        ttl_secs: int | datetime.timedelta | None = None,
        expires_at: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
        on_conflict: Literal['error', 'merge', 'version'] = 'error',
    ) -> StoreResult:
        """Remember something for later sessions."""

    store_memory = store

    def recall(
        self,
        context: str,
        namespace: str | None = None,
        limit: int = 10,
        tags: str | None = None,
        since: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
        until: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
        as_agent: str | None = None,
        budget_tokens: int | None = None,
        context_tokens: builtins.list[str] | tuple[str, ...] = ...,
        min_relevance: float | None = None,
        recency: bool = True,
        explain: bool = False,
        content: Literal['full', 'passages'] = 'passages',
    ) -> RecallResult:
        """Find the memories that matter for a question or situation, best first."""

    recall_memories = recall

    def search(
        self,
        query: str,
        namespace: str | None = None,
        tier: Literal['long', 'mid', 'short'] | None = None,
        tags: str | None = None,
        agent_id: str | None = None,
        as_agent: str | None = None,
        min_priority: int | None = None,
        since: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
        until: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
        limit: int = 20,
        offset: int = 0,
        cursor: str | None = None,
        content: Literal['full', 'passages'] = 'passages',
    ) -> SearchResult:
        """Find memories that contain all words of the query."""

    search_memories = search

    def list(
        self,
        namespace: str | None = None,
        tier: Literal['long', 'mid', 'short'] | None = None,
        tags: str | None = None,
        agent_id: str | None = None,
        min_priority: int | None = None,
        since: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
        until: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
        limit: int = 20,
        offset: int = 0,
        cursor: str | None = None,
        content: Literal['full', 'passages'] = 'passages',
    ) -> ListResult:
        """Browse memories by filters, most important and newest first, page by page."""

    list_memories = list

    def get(
        self,
        id: str,
        start: int = 0,
        end: int | None = None,
    ) -> GetResult:
        """Read one memory by id or unique id prefix, with its links. Does not count as a recall."""

    get_memory = get

    def load_family(
        self,
        family: Literal['archive', 'core', 'governance', 'graph', 'lifecycle', 'meta', 'other', 'power'],
        namespace: str | None = None,
        k: int = 20,
    ) -> FamilyResult:
        """Make the tools of a family callable on this connection."""

    def smart_load(
        self,
        intent: str,
        namespace: str | None = None,
        k: int = 20,
    ) -> SmartLoadResult:
        """Say what you are about to do; the fitting family of tools becomes callable."""

    def update(
        self,
        id: str,
        title: str = ...,
        content: str = ...,
        namespace: str = ...,
        tier: Literal['long', 'mid', 'short'] = ...,
        tags: builtins.list[str] | tuple[str, ...] | builtins.set[str] | builtins.frozenset[str] = ...,
        priority: int = ...,
        confidence: float = ...,
        metadata: builtins.dict[str, Any] = ...,
        expires_at: str | datetime.datetime | datetime.date | datetime.timedelta | None = ...,
    ) -> UpdateResult:
        """Change fields of a memory; what is left out stays. The older version stays in history."""

    update_memory = update

    def delete(
        self,
        id: str,
    ) -> DeleteResult:
        """Delete a memory by id or unique id prefix; the archive keeps it. It is no longer found."""

    delete_memory = delete

    def promote(
        self,
        id: str,
        to_namespace: str | None = None,
    ) -> PromoteResult:
        """Keep a memory for good (tier long, no expiry), or copy it to an ancestor namespace."""

    promote_memory = promote

    def history(
        self,
        id: str,
        limit: int = 20,
        cursor: str | None = None,
    ) -> HistoryResult:
        """Show every version of a memory, newest first; works for deleted memories too."""

    memory_history = history

    def session_start(
        self,
        namespace: str | None = None,
        limit: int = 10,
        budget_tokens: int | None = None,
        content: Literal['full', 'passages'] = 'passages',
    ) -> SessionResult:
        """Read what matters most before starting work: highest priority first, then newest."""

    start_session = session_start

    def diff(
        self,
        id: str,
        from_version: int | None = None,
        to_version: int | None = None,
    ) -> DiffResult:
        """Show what changed between two versions of a memory; by default, in the newest one."""

    diff_versions = diff

    def restore_version(
        self,
        id: str,
        version: int,
    ) -> RestoredVersion:
        """Make an older version of a live memory its newest: title, content, tags and metadata."""

    def forget(
        self,
        namespace: str | None = None,
        pattern: str | None = None,
        tier: Literal['long', 'mid', 'short'] | None = None,
        dry_run: bool = False,
    ) -> ForgetResult:
        """Archive every memory with any word of a pattern, in a namespace, of a tier."""

    forget_memories = forget

    def gc(
        self,
        dry_run: bool = False,
    ) -> CollectResult:
        """Archive what has expired now; a running server does it by itself every minute."""

    collect_expired = gc

    def erase(
        self,
        id: str,
        dry_run: bool = False,
    ) -> EraseResult:
        """Erase a memory for good, by full id: every version, its words, vectors, links, its traces."""

    erase_memory = erase

    def archive_list(
        self,
        namespace: str | None = None,
        reason: str | None = None,
        since: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
        until: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
        limit: int = 20,
        offset: int = 0,
        cursor: str | None = None,
        content: Literal['full', 'passages'] = 'passages',
    ) -> ArchiveListResult:
        """List what was deleted, forgotten or has expired, last archived first."""

    list_archived = archive_list

    def archive_restore(
        self,
        id: str,
        on_conflict: Literal['error', 'version'] = 'error',
    ) -> RestoreResult:
        """Bring an archived memory back as it was, with its history, links and counters."""

    restore_archived = archive_restore

    def archive_purge(
        self,
        older_than_days: int | None = None,
        namespace: str | None = None,
        dry_run: bool = False,
    ) -> PurgeResult:
        """Remove archived memories for good, with their history and links. There is no way back."""

    purge_archive = archive_purge

    def archive_stats(
        self,
    ) -> ArchiveStatsResult:
        """Count what is archived, by namespace, and how old and how large it is."""

    def archive_add(
        self,
        ids: builtins.list[str] | tuple[str, ...],
        reason: str = 'archive',
    ) -> ArchivedResult:
        """Move memories into the archive, whatever their expiry; unknown ids are reported."""

    archive_memories = archive_add

    def link(
        self,
        source_id: str,
        target_id: str,
        relation: str = 'related_to',
        valid_from: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
        valid_until: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
        agent_id: str | None = None,
    ) -> LinkResult:
        """Say how one memory relates to another. Saying again what holds already changes nothing."""

    link_memories = link

    def get_links(
        self,
        id: str,
        direction: Literal['both', 'inbound', 'outbound'] = 'both',
        relations: builtins.list[str] | tuple[str, ...] = ...,
        valid_at: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
        as_recorded_at: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
        include_invalidated: bool = False,
        limit: int = 200,
        cursor: str | None = None,
    ) -> LinksResult:
        """List the links of a memory, to it and from it, that hold now or at a given instant."""

    def kg_query(
        self,
        source_id: str,
        max_depth: int = 1,
        direction: Literal['both', 'inbound', 'outbound'] = 'outbound',
        relations: builtins.list[str] | tuple[str, ...] = ...,
        valid_at: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
        as_of: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
        as_recorded_at: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
        include_invalidated: bool = False,
        allowed_agents: builtins.list[str] | tuple[str, ...] | None = None,
        limit: int = 200,
        cursor: str | None = None,
        with_links: bool = False,
    ) -> GraphResult:
        """Find what a memory is related to, hop by hop: each memory once, on a shortest path."""

    query_graph = kg_query

    def kg_timeline(
        self,
        source_id: str,
        since: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
        until: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
        relations: builtins.list[str] | tuple[str, ...] = ...,
        as_recorded_at: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
        limit: int = 200,
        cursor: str | None = None,
    ) -> TimelineResult:
        """List what a memory was linked to and when, invalidated links too, oldest first."""

    list_timeline = kg_timeline

    def kg_invalidate(
        self,
        source_id: str,
        target_id: str,
        relation: str,
        valid_until: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
    ) -> InvalidateResult:
        """End a link: it does not hold any more. What held before stays in the timeline."""

    invalidate_link = kg_invalidate

    def find_paths(
        self,
        source_id: str,
        target_id: str,
        max_depth: int = 4,
        max_results: int = 10,
        relations: builtins.list[str] | tuple[str, ...] = ...,
        valid_at: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
        as_recorded_at: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
    ) -> PathsResult:
        """Find the shortest ways from one memory to another, whichever way the links point."""

    def entity_register(
        self,
        canonical_name: str,
        namespace: str = '',
        aliases: builtins.list[str] | tuple[str, ...] = ...,
        metadata: builtins.dict[str, Any] = ...,
        agent_id: str | None = None,
    ) -> EntityResult:
        """Register a person, place or thing under its name and aliases, to link memories to."""

    register_entity = entity_register

    def entity_get_by_alias(
        self,
        alias: str,
        namespace: str | None = None,
    ) -> EntityFound:
        """Find an entity by its name or an alias, letter for letter."""

    find_entity = entity_get_by_alias

    def get_taxonomy(
        self,
        namespace_prefix: str | None = None,
        depth: int = 8,
        limit: int = 1000,
    ) -> TaxonomyResult:
        """Show the namespaces as a tree, with the memories in each and below it counted."""

    def unlink(
        self,
        source_id: str,
        target_id: str,
        relation: str | None = None,
    ) -> DeleteLinkResult:
        """Take a link back: it never held. Without a relation, every link from source to target."""

    delete_link = unlink

    def stats(
        self,
    ) -> StatsResult:
        """Count what is stored: by tier, by namespace, links, vectors, bytes."""

    memory_stats = stats

    def namespaces(
        self,
        limit: int = 1000,
        cursor: str | None = None,
    ) -> NamespacesResult:
        """List the namespaces with their live memories counted, most populous first, page by page."""

    list_namespaces = namespaces

    def capabilities(
        self,
        accept: Literal['1', '2', '3', 'v1', 'v2', 'v3'] = 'v3',
        family: str | None = None,
        include_schema: bool = False,
        verbose: bool = False,
    ) -> CapabilitiesResult:
        """Tell what this node can do now: feature level, models, tools, and how to get more."""

    memory_capabilities = capabilities

    def health(
        self,
    ) -> HealthResult:
        """Check that the store answers and whether the embedder is there."""

    memory_health = health

    def consolidate(
        self,
        ids: builtins.list[str] | tuple[str, ...],
        title: str,
        summary: str | None = None,
        namespace: str = '',
        tier: Literal['long', 'mid', 'short'] = 'long',
        agent_id: str | None = None,
    ) -> ConsolidateResult:
        """Make one lasting memory of several, which are archived; memory_consolidate_undo reverses it."""

    consolidate_memories = consolidate

    def auto_consolidate(
        self,
        namespace: str | None = None,
        short_only: bool = False,
        min_count: int = 3,
        dry_run: bool = False,
    ) -> AutoConsolidateResult:
        """Find memories that say much the same, and make one of each group, which can be undone."""

    def consolidate_undo(
        self,
        id: str,
        on_conflict: Literal['error', 'version'] = 'error',
    ) -> UndoneResult:
        """Take a consolidation back: its sources live again as they were, its result is archived."""

    undo_consolidation = consolidate_undo

    def check_duplicate(
        self,
        title: str,
        content: str,
        namespace: str = '',
        threshold: float = 0.85,
    ) -> DuplicateResult:
        """Tell whether a text is stored already, before storing it. Nothing is changed."""

    def detect_contradiction(
        self,
        id_a: str,
        id_b: str,
    ) -> ContradictionResult:
        """Tell whether two memories contradict each other; nothing is changed."""

    def resolve(
        self,
        winner: str,
        loser: str,
        agent_id: str | None = None,
    ) -> ResolveResult:
        """Say which of two memories is right: it supersedes the other, which stays readable."""

    resolve_contradiction = resolve

    def contradictions(
        self,
        topic: str | None = None,
        namespace: str | None = None,
        limit: int = 50,
    ) -> ContradictionsResult:
        """List memories that contradict each other, in a namespace or about a topic."""

    list_contradictions = contradictions

    def auto_tag(
        self,
        id: str,
    ) -> TagResult:
        """Let the language model read a memory and add tags to it. Needs the smart level."""

    tag_memory = auto_tag

    def expand_query(
        self,
        query: str,
    ) -> ExpandResult:
        """Let the language model name related words for a query. Needs the smart level."""

    def store_many(
        self,
        memories: builtins.list[builtins.dict[str, Any]] | tuple[builtins.dict[str, Any], ...],
    ) -> StoreManyResult:
        """Store several memories, in order, each as memory_store would but without its hints."""

    def export(
        self,
        format: Literal['ai-memory', 'reference'] = 'ai-memory',
        vectors: bool = False,
    ) -> Generator[bytes, None, None]:
        """Export everything: memories, archive, earlier versions, links, ids that are gone for good."""

    export_memories = export

    def import_memories(
        self,
        memories: builtins.list[builtins.dict[str, Any]] | tuple[builtins.dict[str, Any], ...] = ...,
        links: builtins.list[builtins.dict[str, Any]] | tuple[builtins.dict[str, Any], ...] = ...,
        records: builtins.list[str] | tuple[str, ...] = ...,
        restamp: bool = False,
    ) -> ImportResult:
        """Import memories verbatim; they are kept for good unless they say otherwise."""

    def curator_report(
        self,
        limit: int = 1,
    ) -> CuratorReportResult:
        """Show the curator's latest rounds, what it did, and what the language model still has to do."""

    def curator_undo(
        self,
        id: str,
    ) -> UndoResult:
        """Undo one action of the curator; the curator's report names them."""

    undo_curation = curator_undo

class AsyncMethods:

    async def store(
        self,
        title: str,
        content: str,
        namespace: str = '',
        tier: Literal['long', 'mid', 'short'] = 'mid',
        tags: builtins.list[str] | tuple[str, ...] | builtins.set[str] | builtins.frozenset[str] = ...,
        priority: int = 5,
        confidence: float = 1.0,
        source: Literal['api', 'chaos', 'claude', 'cli', 'consolidation', 'hook', 'import', 'notify', 'system', 'user'] = 'api',
        metadata: builtins.dict[str, Any] = ...,
        agent_id: str | None = None,
        scope: Literal['collective', 'org', 'private', 'team', 'unit'] | None = None,
        ttl_secs: int | datetime.timedelta | None = None,
        expires_at: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
        on_conflict: Literal['error', 'merge', 'version'] = 'error',
    ) -> StoreResult:
        """Remember something for later sessions."""

    store_memory = store

    async def recall(
        self,
        context: str,
        namespace: str | None = None,
        limit: int = 10,
        tags: str | None = None,
        since: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
        until: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
        as_agent: str | None = None,
        budget_tokens: int | None = None,
        context_tokens: builtins.list[str] | tuple[str, ...] = ...,
        min_relevance: float | None = None,
        recency: bool = True,
        explain: bool = False,
        content: Literal['full', 'passages'] = 'passages',
    ) -> RecallResult:
        """Find the memories that matter for a question or situation, best first."""

    recall_memories = recall

    async def search(
        self,
        query: str,
        namespace: str | None = None,
        tier: Literal['long', 'mid', 'short'] | None = None,
        tags: str | None = None,
        agent_id: str | None = None,
        as_agent: str | None = None,
        min_priority: int | None = None,
        since: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
        until: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
        limit: int = 20,
        offset: int = 0,
        cursor: str | None = None,
        content: Literal['full', 'passages'] = 'passages',
    ) -> SearchResult:
        """Find memories that contain all words of the query."""

    search_memories = search

    async def list(
        self,
        namespace: str | None = None,
        tier: Literal['long', 'mid', 'short'] | None = None,
        tags: str | None = None,
        agent_id: str | None = None,
        min_priority: int | None = None,
        since: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
        until: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
        limit: int = 20,
        offset: int = 0,
        cursor: str | None = None,
        content: Literal['full', 'passages'] = 'passages',
    ) -> ListResult:
        """Browse memories by filters, most important and newest first, page by page."""

    list_memories = list

    async def get(
        self,
        id: str,
        start: int = 0,
        end: int | None = None,
    ) -> GetResult:
        """Read one memory by id or unique id prefix, with its links. Does not count as a recall."""

    get_memory = get

    async def load_family(
        self,
        family: Literal['archive', 'core', 'governance', 'graph', 'lifecycle', 'meta', 'other', 'power'],
        namespace: str | None = None,
        k: int = 20,
    ) -> FamilyResult:
        """Make the tools of a family callable on this connection."""

    async def smart_load(
        self,
        intent: str,
        namespace: str | None = None,
        k: int = 20,
    ) -> SmartLoadResult:
        """Say what you are about to do; the fitting family of tools becomes callable."""

    async def update(
        self,
        id: str,
        title: str = ...,
        content: str = ...,
        namespace: str = ...,
        tier: Literal['long', 'mid', 'short'] = ...,
        tags: builtins.list[str] | tuple[str, ...] | builtins.set[str] | builtins.frozenset[str] = ...,
        priority: int = ...,
        confidence: float = ...,
        metadata: builtins.dict[str, Any] = ...,
        expires_at: str | datetime.datetime | datetime.date | datetime.timedelta | None = ...,
    ) -> UpdateResult:
        """Change fields of a memory; what is left out stays. The older version stays in history."""

    update_memory = update

    async def delete(
        self,
        id: str,
    ) -> DeleteResult:
        """Delete a memory by id or unique id prefix; the archive keeps it. It is no longer found."""

    delete_memory = delete

    async def promote(
        self,
        id: str,
        to_namespace: str | None = None,
    ) -> PromoteResult:
        """Keep a memory for good (tier long, no expiry), or copy it to an ancestor namespace."""

    promote_memory = promote

    async def history(
        self,
        id: str,
        limit: int = 20,
        cursor: str | None = None,
    ) -> HistoryResult:
        """Show every version of a memory, newest first; works for deleted memories too."""

    memory_history = history

    async def session_start(
        self,
        namespace: str | None = None,
        limit: int = 10,
        budget_tokens: int | None = None,
        content: Literal['full', 'passages'] = 'passages',
    ) -> SessionResult:
        """Read what matters most before starting work: highest priority first, then newest."""

    start_session = session_start

    async def diff(
        self,
        id: str,
        from_version: int | None = None,
        to_version: int | None = None,
    ) -> DiffResult:
        """Show what changed between two versions of a memory; by default, in the newest one."""

    diff_versions = diff

    async def restore_version(
        self,
        id: str,
        version: int,
    ) -> RestoredVersion:
        """Make an older version of a live memory its newest: title, content, tags and metadata."""

    async def forget(
        self,
        namespace: str | None = None,
        pattern: str | None = None,
        tier: Literal['long', 'mid', 'short'] | None = None,
        dry_run: bool = False,
    ) -> ForgetResult:
        """Archive every memory with any word of a pattern, in a namespace, of a tier."""

    forget_memories = forget

    async def gc(
        self,
        dry_run: bool = False,
    ) -> CollectResult:
        """Archive what has expired now; a running server does it by itself every minute."""

    collect_expired = gc

    async def erase(
        self,
        id: str,
        dry_run: bool = False,
    ) -> EraseResult:
        """Erase a memory for good, by full id: every version, its words, vectors, links, its traces."""

    erase_memory = erase

    async def archive_list(
        self,
        namespace: str | None = None,
        reason: str | None = None,
        since: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
        until: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
        limit: int = 20,
        offset: int = 0,
        cursor: str | None = None,
        content: Literal['full', 'passages'] = 'passages',
    ) -> ArchiveListResult:
        """List what was deleted, forgotten or has expired, last archived first."""

    list_archived = archive_list

    async def archive_restore(
        self,
        id: str,
        on_conflict: Literal['error', 'version'] = 'error',
    ) -> RestoreResult:
        """Bring an archived memory back as it was, with its history, links and counters."""

    restore_archived = archive_restore

    async def archive_purge(
        self,
        older_than_days: int | None = None,
        namespace: str | None = None,
        dry_run: bool = False,
    ) -> PurgeResult:
        """Remove archived memories for good, with their history and links. There is no way back."""

    purge_archive = archive_purge

    async def archive_stats(
        self,
    ) -> ArchiveStatsResult:
        """Count what is archived, by namespace, and how old and how large it is."""

    async def archive_add(
        self,
        ids: builtins.list[str] | tuple[str, ...],
        reason: str = 'archive',
    ) -> ArchivedResult:
        """Move memories into the archive, whatever their expiry; unknown ids are reported."""

    archive_memories = archive_add

    async def link(
        self,
        source_id: str,
        target_id: str,
        relation: str = 'related_to',
        valid_from: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
        valid_until: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
        agent_id: str | None = None,
    ) -> LinkResult:
        """Say how one memory relates to another. Saying again what holds already changes nothing."""

    link_memories = link

    async def get_links(
        self,
        id: str,
        direction: Literal['both', 'inbound', 'outbound'] = 'both',
        relations: builtins.list[str] | tuple[str, ...] = ...,
        valid_at: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
        as_recorded_at: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
        include_invalidated: bool = False,
        limit: int = 200,
        cursor: str | None = None,
    ) -> LinksResult:
        """List the links of a memory, to it and from it, that hold now or at a given instant."""

    async def kg_query(
        self,
        source_id: str,
        max_depth: int = 1,
        direction: Literal['both', 'inbound', 'outbound'] = 'outbound',
        relations: builtins.list[str] | tuple[str, ...] = ...,
        valid_at: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
        as_of: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
        as_recorded_at: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
        include_invalidated: bool = False,
        allowed_agents: builtins.list[str] | tuple[str, ...] | None = None,
        limit: int = 200,
        cursor: str | None = None,
        with_links: bool = False,
    ) -> GraphResult:
        """Find what a memory is related to, hop by hop: each memory once, on a shortest path."""

    query_graph = kg_query

    async def kg_timeline(
        self,
        source_id: str,
        since: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
        until: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
        relations: builtins.list[str] | tuple[str, ...] = ...,
        as_recorded_at: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
        limit: int = 200,
        cursor: str | None = None,
    ) -> TimelineResult:
        """List what a memory was linked to and when, invalidated links too, oldest first."""

    list_timeline = kg_timeline

    async def kg_invalidate(
        self,
        source_id: str,
        target_id: str,
        relation: str,
        valid_until: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
    ) -> InvalidateResult:
        """End a link: it does not hold any more. What held before stays in the timeline."""

    invalidate_link = kg_invalidate

    async def find_paths(
        self,
        source_id: str,
        target_id: str,
        max_depth: int = 4,
        max_results: int = 10,
        relations: builtins.list[str] | tuple[str, ...] = ...,
        valid_at: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
        as_recorded_at: str | datetime.datetime | datetime.date | datetime.timedelta | None = None,
    ) -> PathsResult:
        """Find the shortest ways from one memory to another, whichever way the links point."""

    async def entity_register(
        self,
        canonical_name: str,
        namespace: str = '',
        aliases: builtins.list[str] | tuple[str, ...] = ...,
        metadata: builtins.dict[str, Any] = ...,
        agent_id: str | None = None,
    ) -> EntityResult:
        """Register a person, place or thing under its name and aliases, to link memories to."""

    register_entity = entity_register

    async def entity_get_by_alias(
        self,
        alias: str,
        namespace: str | None = None,
    ) -> EntityFound:
        """Find an entity by its name or an alias, letter for letter."""

    find_entity = entity_get_by_alias

    async def get_taxonomy(
        self,
        namespace_prefix: str | None = None,
        depth: int = 8,
        limit: int = 1000,
    ) -> TaxonomyResult:
        """Show the namespaces as a tree, with the memories in each and below it counted."""

    async def unlink(
        self,
        source_id: str,
        target_id: str,
        relation: str | None = None,
    ) -> DeleteLinkResult:
        """Take a link back: it never held. Without a relation, every link from source to target."""

    delete_link = unlink

    async def stats(
        self,
    ) -> StatsResult:
        """Count what is stored: by tier, by namespace, links, vectors, bytes."""

    memory_stats = stats

    async def namespaces(
        self,
        limit: int = 1000,
        cursor: str | None = None,
    ) -> NamespacesResult:
        """List the namespaces with their live memories counted, most populous first, page by page."""

    list_namespaces = namespaces

    async def capabilities(
        self,
        accept: Literal['1', '2', '3', 'v1', 'v2', 'v3'] = 'v3',
        family: str | None = None,
        include_schema: bool = False,
        verbose: bool = False,
    ) -> CapabilitiesResult:
        """Tell what this node can do now: feature level, models, tools, and how to get more."""

    memory_capabilities = capabilities

    async def health(
        self,
    ) -> HealthResult:
        """Check that the store answers and whether the embedder is there."""

    memory_health = health

    async def consolidate(
        self,
        ids: builtins.list[str] | tuple[str, ...],
        title: str,
        summary: str | None = None,
        namespace: str = '',
        tier: Literal['long', 'mid', 'short'] = 'long',
        agent_id: str | None = None,
    ) -> ConsolidateResult:
        """Make one lasting memory of several, which are archived; memory_consolidate_undo reverses it."""

    consolidate_memories = consolidate

    async def auto_consolidate(
        self,
        namespace: str | None = None,
        short_only: bool = False,
        min_count: int = 3,
        dry_run: bool = False,
    ) -> AutoConsolidateResult:
        """Find memories that say much the same, and make one of each group, which can be undone."""

    async def consolidate_undo(
        self,
        id: str,
        on_conflict: Literal['error', 'version'] = 'error',
    ) -> UndoneResult:
        """Take a consolidation back: its sources live again as they were, its result is archived."""

    undo_consolidation = consolidate_undo

    async def check_duplicate(
        self,
        title: str,
        content: str,
        namespace: str = '',
        threshold: float = 0.85,
    ) -> DuplicateResult:
        """Tell whether a text is stored already, before storing it. Nothing is changed."""

    async def detect_contradiction(
        self,
        id_a: str,
        id_b: str,
    ) -> ContradictionResult:
        """Tell whether two memories contradict each other; nothing is changed."""

    async def resolve(
        self,
        winner: str,
        loser: str,
        agent_id: str | None = None,
    ) -> ResolveResult:
        """Say which of two memories is right: it supersedes the other, which stays readable."""

    resolve_contradiction = resolve

    async def contradictions(
        self,
        topic: str | None = None,
        namespace: str | None = None,
        limit: int = 50,
    ) -> ContradictionsResult:
        """List memories that contradict each other, in a namespace or about a topic."""

    list_contradictions = contradictions

    async def auto_tag(
        self,
        id: str,
    ) -> TagResult:
        """Let the language model read a memory and add tags to it. Needs the smart level."""

    tag_memory = auto_tag

    async def expand_query(
        self,
        query: str,
    ) -> ExpandResult:
        """Let the language model name related words for a query. Needs the smart level."""

    async def store_many(
        self,
        memories: builtins.list[builtins.dict[str, Any]] | tuple[builtins.dict[str, Any], ...],
    ) -> StoreManyResult:
        """Store several memories, in order, each as memory_store would but without its hints."""

    def export(
        self,
        format: Literal['ai-memory', 'reference'] = 'ai-memory',
        vectors: bool = False,
    ) -> AsyncIterator[bytes]:
        """Export everything: memories, archive, earlier versions, links, ids that are gone for good."""

    export_memories = export

    async def import_memories(
        self,
        memories: builtins.list[builtins.dict[str, Any]] | tuple[builtins.dict[str, Any], ...] = ...,
        links: builtins.list[builtins.dict[str, Any]] | tuple[builtins.dict[str, Any], ...] = ...,
        records: builtins.list[str] | tuple[str, ...] = ...,
        restamp: bool = False,
    ) -> ImportResult:
        """Import memories verbatim; they are kept for good unless they say otherwise."""

    async def curator_report(
        self,
        limit: int = 1,
    ) -> CuratorReportResult:
        """Show the curator's latest rounds, what it did, and what the language model still has to do."""

    async def curator_undo(
        self,
        id: str,
    ) -> UndoResult:
        """Undo one action of the curator; the curator's report names them."""

    undo_curation = curator_undo
