"""The fields a command may have: their types with bounds, and the checks bounds cannot express.

A field name means the same in every command, so a rule stands here once: the annotated type is what
schemas print, `CHECKS` is what `Command.__post_init__` runs.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from ai_memory import late, limits
from ai_memory.errors import ValidationFailed
from ai_memory.model.clock import Micros
from ai_memory.model.link import Direction, Relation
from ai_memory.model.memory import SOURCES

GLOBAL: Final = "global"
"""The namespace of what belongs to no project."""

OWN: Final = ""
"""Stands for the caller's own project where a command names no namespace; see `Command.settled`."""

MemoryId = Annotated[str, Meta(min_length=1, description="Id, or a prefix that fits only one.")]
Title = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=limits.TITLE_CHARS_MAX,
        description="What it is about, in one line. Unique within a namespace.",
    ),
]
Content = Annotated[str, Meta(min_length=1, description="The text to remember; at most 64 KiB.")]
Namespace = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=limits.NAMESPACE_CHARS_MAX,
        description="Where it belongs; `/` makes a hierarchy, at most 8 deep.",
    ),
]
OwnNamespace = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=limits.NAMESPACE_CHARS_MAX,
        description="Your own project unless given; `/` makes a hierarchy, at most 8 deep.",
    ),
]
TierField = Annotated[
    Literal["short", "mid", "long"],
    Meta(description="How long it is kept: short (6 h), mid (7 d), long (for good)."),
]
Tags = Annotated[
    tuple[str, ...], Meta(max_length=limits.TAGS_MAX, description="Labels to filter by.")
]
Priority = Annotated[
    int,
    Meta(
        ge=limits.PRIORITY_MIN,
        le=limits.PRIORITY_MAX,
        description="10 is the most important.",
    ),
]
Confidence = Annotated[float, Meta(ge=0.0, le=1.0, description="How sure you are.")]
Source = Annotated[
    Literal[
        "user", "claude", "hook", "api", "cli", "import", "consolidation", "system", "chaos",
        "notify",
    ],
    Meta(description="Where it came from."),
]  # fmt: skip
MetadataField = Annotated[
    dict[str, Any], Meta(description="Anything else; at most 64 KiB and 32 levels of JSON.")
]
ScopeField = Annotated[
    Literal["private", "team", "unit", "org", "collective"],
    Meta(description="Who may see it; private unless given."),
]
AgentId = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=limits.AGENT_ID_CHARS_MAX,
        description="Who says so; letters, digits and _-:@./",
    ),
]
Timestamp = Annotated[str, Meta(description="RFC 3339, or 7d, tomorrow.")]
TtlSecs = Annotated[
    int, Meta(ge=1, le=limits.TTL_SECS_MAX, description="Seconds until it expires.")
]
MemoryIds = Annotated[
    tuple[str, ...],
    Meta(
        min_length=1,
        max_length=limits.ARCHIVE_IDS_MAX,
        description=f"Full ids, at most {limits.ARCHIVE_IDS_MAX:,}.",
    ),
]
Reason = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=limits.ARCHIVE_REASON_CHARS_MAX,
        description="Why, in one word; letters, digits and _-:. (it stays in the log for good).",
    ),
]
OlderThanDays = Annotated[
    int,
    Meta(
        ge=0,
        le=limits.OLDER_THAN_DAYS_MAX,
        description="Only what was archived so many days ago, or before.",
    ),
]
VersionNumber = Annotated[int, Meta(ge=1, le=2**31, description="Number of a version.")]
DryRun = Annotated[bool, Meta(description="Count only; change nothing.")]
Offset = Annotated[
    int, Meta(ge=0, le=limits.OFFSET_MAX, description="Rows to skip; a cursor is better.")
]
Cursor = Annotated[str, Meta(description="`next_cursor` of the previous page.")]
ContentAmount = Literal["passages", "full"]
ContentShown = Annotated[ContentAmount, Meta(description="Of long content; all, or passages.")]
Query = Annotated[str, Meta(min_length=1, description="What to look for.")]
Position = Annotated[
    str,
    Meta(min_length=1, description="Namespace you stand at; limits by scope."),
]
Tag = Annotated[str, Meta(description="Only with exactly this tag.")]
OnlyNamespace = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=limits.NAMESPACE_CHARS_MAX,
        description="Only this namespace; `/` makes a hierarchy, at most 8 deep.",
    ),
]
OnlyTier = Annotated[Literal["short", "mid", "long"], Meta(description="Only this tier.")]
OnlyAgent = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=limits.AGENT_ID_CHARS_MAX,
        description="Only of this agent; letters, digits and _-:@./",
    ),
]
MinPriority = Annotated[
    int,
    Meta(ge=limits.PRIORITY_MIN, le=limits.PRIORITY_MAX, description="Only this, or higher."),
]
Since = Annotated[str, Meta(description="From then on; 2026-01-02T03:04Z, 2026-01, 7d, yesterday.")]
Until = Annotated[str, Meta(description="Up to then; a day or month is included whole.")]
RelationField = Annotated[
    Relation,
    Meta(description="related_to, supersedes, contradicts, derived_from, or words of your own."),
]
Relations = Annotated[tuple[Relation, ...], Meta(description="Only links with these relations.")]
DirectionField = Annotated[
    Direction, Meta(description="Follow links from the memory, to it, or both.")
]
ValidAt = Annotated[str, Meta(description="Links that held at this instant; now unless given.")]
AsOf = Annotated[str, Meta(description="Another name for valid_at.")]
AsRecordedAt = Annotated[str, Meta(description="What the store knew at this instant.")]
IncludeInvalidated = Annotated[bool, Meta(description="Also links that no longer hold.")]
Observers = Annotated[
    tuple[str, ...],
    Meta(max_length=limits.LIST_LIMIT_MAX, description="Only links that these agents observed."),
]
GraphLimit = Annotated[
    int,
    Meta(
        ge=1,
        description="At most this many; "
        f"more than {limits.GRAPH_LIMIT_MAX} is served as {limits.GRAPH_LIMIT_MAX}.",
    ),
]


RecallLimit = Annotated[
    int,
    Meta(
        ge=0,
        description="At most this many; "
        f"more than {limits.RECALL_LIMIT_MAX} is served as {limits.RECALL_LIMIT_MAX}.",
    ),
]
BudgetTokens = Annotated[
    int,
    Meta(
        ge=0,
        le=limits.BUDGET_TOKENS_MAX,
        description="At most this much content; counted in cl100k tokens.",
    ),
]
ListLimit = Annotated[
    int,
    Meta(
        ge=0,
        description="At most this many; "
        f"more than {limits.LIST_LIMIT_MAX} is served as {limits.LIST_LIMIT_MAX}.",
    ),
]


_CONTROL: Final = late.pattern("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_CONTROL_BUT_RETURN: Final = late.pattern("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SURROGATE: Final = late.pattern("[\ud800-\udfff]")
_NAMESPACE_FORBIDDEN: Final = late.pattern(r"[\s\\\x00-\x1f\x7f-\x9f]")
_REASON: Final = late.pattern(r"[A-Za-z0-9_\-:.]{1,64}\Z")
_AGENT_ID: Final = late.pattern(r"[A-Za-z0-9_\-:@./]{1,128}\Z")


def _fail(field: str, message: str, hint: str) -> ValidationFailed:
    return ValidationFailed(message, hint=hint, field=field)


def _clean(field: str, text: str, *, forbidden: re.Pattern[str] = _CONTROL) -> None:
    if not text.isprintable() and (forbidden.search(text) or _SURROGATE.search(text)):
        raise _fail(field, f"{field} contains invalid characters", "Remove control characters.")


def _not_blank(field: str, text: str) -> None:
    if not text or text.isspace():
        raise _fail(field, f"{field} cannot be empty", f"Give {field} some text.")


def check_title(text: str) -> None:
    """Non-blank, at most 512 characters, no control characters but newline and tab."""
    _not_blank("title", text)
    if len(text.strip()) > limits.TITLE_CHARS_MAX:
        raise _fail(
            "title",
            f"title exceeds max length of {limits.TITLE_CHARS_MAX} characters",
            "Put the detail into content.",
        )
    _clean("title", text)


def check_content(text: str) -> None:
    """Non-blank, at most 65,536 bytes of UTF-8, no control characters but line ends and tab."""
    _not_blank("content", text)
    _clean("content", text, forbidden=_CONTROL_BUT_RETURN)
    if len(text) * 4 > limits.CONTENT_BYTES_MAX and len(text.encode()) > limits.CONTENT_BYTES_MAX:
        raise _fail(
            "content",
            f"content exceeds max size of {limits.CONTENT_BYTES_MAX} bytes",
            "Split it into several memories.",
        )


def _check_summary(text: str) -> None:
    """A summary becomes the content of a memory."""
    try:
        check_content(text)
    except ValidationFailed as cause:
        raise _fail(
            "summary", cause.message.replace("content", "summary", 1), cause.hint
        ) from cause


def check_namespace(text: str) -> None:
    """A `/`-path of at most 8 segments without spaces, backslashes, `.` or `..`."""
    _not_blank("namespace", text)
    if not _is_path(text):
        raise _fail(
            "namespace",
            "namespace is not a valid path",
            "Write it like team/project: at most 8 segments and 512 characters, no spaces, "
            "no backslash, no leading, trailing or doubled slash, no . or .. segment.",
        )


@lru_cache(maxsize=1_024)  # the same few are named again and again
def _is_path(text: str) -> bool:
    segments = text.split("/")
    return not (
        len(text) > limits.NAMESPACE_CHARS_MAX
        or len(segments) > limits.NAMESPACE_DEPTH_MAX
        or _NAMESPACE_FORBIDDEN.search(text)
        or _SURROGATE.search(text)
        or any(segment in ("", ".", "..") for segment in segments)
    )


def check_tags(tags: tuple[str, ...]) -> None:
    """At most 50, each non-blank, at most 128 bytes, without control characters."""
    if len(tags) > limits.TAGS_MAX:
        raise _fail("tags", f"more than {limits.TAGS_MAX} tags", "Keep the most telling ones.")
    for tag in tags:
        _not_blank("tags", tag)
        _clean("tags", tag)
        if len(tag.encode()) > limits.TAG_BYTES_MAX:
            raise _fail("tags", f"a tag exceeds {limits.TAG_BYTES_MAX} bytes", "Use shorter tags.")


def check_tag(tag: str) -> None:
    """The single-tag filter follows the rules of a tag."""
    check_tags((tag,))


def check_agent_id(text: str) -> None:
    """1 to 128 characters: letters, digits and any of `_-:@./`."""
    if not _AGENT_ID.match(text):
        raise _fail(
            "agent_id",
            "agent_id is not valid",
            "Use 1 to 128 letters, digits and the characters _ - : @ . /",
        )


def check_id(text: str, field: str = "id") -> None:
    """Non-blank, at most 128 bytes, no control characters."""
    _not_blank(field, text)
    _clean(field, text)
    if len(text.encode()) > limits.ID_BYTES_MAX:
        raise _fail(
            field,
            f"{field} exceeds {limits.ID_BYTES_MAX} bytes",
            "Give the id as it was returned.",
        )


def check_ids(ids: tuple[str, ...]) -> None:
    """Each as `check_id` wants it."""
    for memory_id in ids:
        check_id(memory_id)


def check_relation(text: str) -> None:
    """Words on one line, without blanks around them, at most 128 characters."""
    _not_blank("relation", text)
    if text != text.strip() or not text.isprintable() or len(text) > limits.RELATION_CHARS_MAX:
        raise _fail(
            "relation",
            "relation is not the name of a relation",
            f"Use one line of at most {limits.RELATION_CHARS_MAX} characters, such as supersedes "
            "or works at.",
        )


def _check_relations(names: tuple[str, ...]) -> None:
    for name in names:
        check_relation(name)


def check_reason(text: str) -> None:
    """One word of 1 to 64 characters: it stands in the log, which never forgets."""
    if not _REASON.match(text):
        raise _fail(
            "reason", "reason is not one word", "Use 1 to 64 letters, digits and _ - : . only."
        )


def check_confidence(value: float) -> None:
    """Finite and within 0 and 1."""
    if not math.isfinite(value) or not 0.0 <= value <= 1.0:
        raise _fail("confidence", "confidence must be between 0 and 1", "1 means certain.")


def check_source(text: str) -> None:
    """One of the known sources."""
    if text not in SOURCES:
        raise _fail("source", f"unknown source '{text[:64]}'", f"Use one of {', '.join(SOURCES)}.")


def check_metadata(value: Mapping[str, Any]) -> None:
    """A JSON object of at most 65,536 bytes and 32 levels, with a valid agent_id and scope."""
    if not value:
        return
    # The nesting comes first: the encoder itself recurses.
    if _depth(value) > limits.METADATA_DEPTH_MAX:
        raise _fail(
            "metadata", f"metadata nests deeper than {limits.METADATA_DEPTH_MAX}", "Flatten it."
        )
    try:
        size = len(msgspec.json.encode(value))
    except (UnicodeEncodeError, TypeError, ValueError, OverflowError) as cause:
        raise _fail("metadata", "metadata is not a JSON object", "Use JSON values only.") from cause
    if size > limits.METADATA_BYTES_MAX:
        raise _fail(
            "metadata", f"metadata exceeds {limits.METADATA_BYTES_MAX} bytes", "Store less of it."
        )
    if not _json_exact(value):
        raise _fail(
            "metadata",
            "metadata holds a value JSON cannot carry",
            "Use finite numbers within 64 bits, and text without NUL or lone surrogates.",
        )
    agent_id = value.get("agent_id")
    if agent_id is not None and not (isinstance(agent_id, str) and _AGENT_ID.match(agent_id)):
        raise _fail("metadata", "metadata.agent_id is not valid", "Leave it away.")
    scope = value.get("scope")
    if scope is not None and scope not in ("private", "team", "unit", "org", "collective"):
        raise _fail(
            "metadata",
            "metadata.scope is not a scope",
            "Use private, team, unit, org or collective.",
        )


def _depth(value: Any) -> int:
    """Levels of nesting, counted without recursion; stops counting past the bound."""
    level, depth = [value], 0
    while level and depth <= limits.METADATA_DEPTH_MAX + 1:
        inner: list[Any] = []
        nested = False
        for item in level:
            if isinstance(item, Mapping):
                nested = True
                inner.extend(item.values())
            elif isinstance(item, list | tuple):
                nested = True
                inner.extend(item)
        if nested:
            depth += 1
        level = inner
    return depth


def _json_exact(value: Any) -> bool:
    """Whether SQLite's JSON and everybody else's will read back exactly this value."""
    match value:
        case str():
            return "\x00" not in value and not _SURROGATE.search(value)
        case bool() | None:
            return True
        case int():
            return -(2**63) <= value < 2**63
        case float():
            return math.isfinite(value)
        case Mapping():
            return all(
                isinstance(k, str) and _json_exact(k) and _json_exact(v) for k, v in value.items()
            )
        case list() | tuple():
            return all(_json_exact(item) for item in value)
        case _:
            return False


def given_instant(command: object, field: str) -> Micros | None:
    """The instant in a field of a command; None: it has no such field, or nothing stands in it."""
    text = getattr(command, field, None)
    if text is None:
        return None
    from ai_memory.model.instant import read_instant  # most requests name no time

    return read_instant(text, field=field)


def _check_timestamp(field: str) -> Callable[[str], None]:
    def check(text: str) -> None:
        from ai_memory.model.instant import read_instant

        read_instant(text, field=field, now=0)  # any now will do: only the form is checked

    return check


def _check_text(field: str, chars_max: int = limits.QUERY_CHARS_MAX) -> Callable[[str], None]:
    def check(text: str) -> None:
        _not_blank(field, text)
        if _SURROGATE.search(text) or "\x00" in text:
            raise _fail(field, f"{field} contains invalid characters", "Send valid Unicode text.")
        if len(text) > chars_max:
            raise _fail(field, f"{field} exceeds {chars_max} characters", "Ask more briefly.")

    return check


def _check_namespace_named(field: str) -> Callable[[str], None]:
    def check(text: str) -> None:
        try:
            check_namespace(text)
        except ValidationFailed as cause:
            raise _fail(field, f"{field} is not a valid namespace", cause.hint) from cause

    return check


def _check_id_named(field: str) -> Callable[[str], None]:
    def check(text: str) -> None:
        try:
            check_id(text)
        except ValidationFailed as cause:
            raise _fail(field, cause.message.replace("id", field, 1), cause.hint) from cause

    return check


_check_prefix = _check_namespace_named("namespace_prefix")


def _check_name(field: str) -> Callable[[str], None]:
    def check(text: str) -> None:
        _not_blank(field, text)
        _clean(field, text)
        if len(text) > limits.TITLE_CHARS_MAX:
            raise _fail(
                field, f"{field} exceeds {limits.TITLE_CHARS_MAX} characters", "Use a shorter name."
            )

    return check


_check_alias = _check_name("aliases")


def _check_aliases(names: tuple[str, ...]) -> None:
    for name in names:
        if name.strip():
            _check_alias(name)


def _check_agents(agents: tuple[str, ...]) -> None:
    for agent in agents:
        try:
            check_agent_id(agent)
        except ValidationFailed as cause:
            raise _fail("allowed_agents", "an agent is not valid", cause.hint) from cause


def _check_context_tokens(tokens: tuple[str, ...]) -> None:
    check = _check_text("context_tokens", limits.CONTEXT_TOKEN_CHARS_MAX)
    for token in tokens:
        if token.strip():
            check(token)


NAMES: Final = frozenset({
    "namespace", "to_namespace", "namespace_prefix", "as_agent", "title", "canonical_name", "alias",
    "aliases", "tags", "topic",
})  # fmt: skip
"""Fields that are names, compared letter for letter (`model.name`)."""

INSTANTS: Final = frozenset({
    "expires_at", "since", "until", "valid_from", "valid_until", "valid_at", "as_of",
    "as_recorded_at",
})  # fmt: skip
"""Fields that name an instant, in whatever way `read_instant` reads."""

CHECKS: Final[Mapping[str, Callable[[Any], None]]] = {
    "id": check_id,
    "id_a": partial(check_id, field="id_a"),
    "id_b": partial(check_id, field="id_b"),
    "ids": check_ids,
    "reason": check_reason,
    "relation": check_relation,
    "relations": _check_relations,
    "pattern": _check_text("pattern"),
    "title": check_title,
    "content": check_content,
    "summary": _check_summary,
    "namespace": lambda text: None if text == OWN else check_namespace(text),
    "to_namespace": _check_namespace_named("to_namespace"),
    "as_agent": _check_namespace_named("as_agent"),
    "tags": lambda value: check_tag(value) if isinstance(value, str) else check_tags(value),
    "agent_id": check_agent_id,
    "confidence": check_confidence,
    "source": check_source,
    "metadata": check_metadata,
    "source_id": _check_id_named("source_id"),
    "target_id": _check_id_named("target_id"),
    "winner": _check_id_named("winner"),
    "loser": _check_id_named("loser"),
    "topic": _check_text("topic", limits.TITLE_CHARS_MAX),
    "allowed_agents": _check_agents,
    "canonical_name": _check_name("canonical_name"),
    "alias": _check_name("alias"),
    "aliases": _check_aliases,
    "namespace_prefix": lambda text: _check_prefix(text.removesuffix("/")) if text else None,
    "query": _check_text("query"),
    "context": _check_text("context"),
    "context_tokens": _check_context_tokens,
    **{name: _check_timestamp(name) for name in INSTANTS},
}
"""Field name → check, for what a type's bounds cannot say."""
