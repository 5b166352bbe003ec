"""The namespaces as a tree."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from ai_memory import limits
from ai_memory.graph.taxonomy import TaxonomyNode, taxonomy
from ai_memory.model.command import Command
from ai_memory.operations.step import Context
from ai_memory.ports import Reader


class GetTaxonomy(Command, frozen=True, kw_only=True):
    """Show the namespaces as a tree, with the memories in each and below it counted."""

    namespace_prefix: (
        Annotated[str, Meta(description="Show this namespace and what lies below it.")] | None
    ) = None
    depth: Annotated[
        int,
        Meta(
            ge=0,
            description=f"Levels below the root; more than {limits.NAMESPACE_DEPTH_MAX} is served "
            f"as {limits.NAMESPACE_DEPTH_MAX}.",
        ),
    ] = limits.NAMESPACE_DEPTH_MAX
    limit: Annotated[
        int,
        Meta(
            ge=1,
            description="Namespaces at most, the most populous ones; more than "
            f"{limits.TAXONOMY_LIMIT_MAX} is served as {limits.TAXONOMY_LIMIT_MAX}.",
        ),
    ] = limits.TAXONOMY_LIMIT_DEFAULT


class TaxonomyResult(msgspec.Struct, kw_only=True):
    """The tree's root; `total_count` counts all memories there, `truncated` or not."""

    tree: TaxonomyNode
    total_count: int
    truncated: bool


def get_taxonomy(command: GetTaxonomy, rows: Reader, context: Context) -> TaxonomyResult:
    """Run GetTaxonomy."""
    prefix = (command.namespace_prefix or "").removesuffix("/")
    limit = min(command.limit, limits.TAXONOMY_LIMIT_MAX)
    found = rows.namespace_counts(context.now, prefix=prefix, limit=limit)
    depth = min(command.depth, limits.NAMESPACE_DEPTH_MAX)
    return TaxonomyResult(
        tree=taxonomy(zip(found.names, found.counts, strict=True), prefix=prefix, depth=depth),
        total_count=found.memories,
        truncated=found.total > len(found.names),
    )
