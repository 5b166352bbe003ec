"""Results as a person reads them, operation by operation.

They take JSON values, so that a result looks the same whether the node is ours or runs elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ai_memory.faces.cli.paint import PREVIEW_CHARS, Paint, one_line, plural, short_id, size
from ai_memory.faces.cli.words import Result, Text, tidying
from ai_memory.limits import PRIORITY_MAX, QUERY_TERMS_MAX
from ai_memory.model.printable import printable_values


def shown(method: str, result: Result, paint: Paint, asked: str = "") -> Text:
    """A result in words; nothing in it commands a terminal but the colours of `paint`.

    Args:
        method: The operation's.
        result: As JSON values.
        paint: How to write.
        asked: The question, if it was one: what answers it is shown.
    """
    harmless = printable_values(result)
    if method == "recall":
        return _recall(harmless, paint, asked)
    return _SHOWN[method](harmless, paint)


def _started(result: Result, paint: Paint) -> Text:
    lines = [_row(memory, paint) for memory in result["memories"]]
    if not lines:
        return Text([], ["nothing is remembered here yet"])
    remarks = []
    if result["fell_back"]:
        remarks.append(f"note: nothing in {result['namespace']} yet; these are global and long")
    return Text(lines, remarks)


def _family(result: Result, paint: Paint) -> Text:
    family = result.get("family") or result["chosen_family"]
    lines = [paint.bold(family), *(f"  {tool}" for tool in result["tools"])]
    return Text([*lines, *(_row(memory, paint) for memory in result["memories"])])


def _store(result: Result, paint: Paint) -> Text:
    done = "merged" if result.get("duplicate") else "stored"
    line = f"{done}: {result['id']} [{result['tier']}] (ns={paint.cyan(result['namespace'])})"
    remarks = []
    similar = result.get("potential_contradictions", [])
    if similar:
        found = plural(len(similar), "memory", "memories")
        ids = ", ".join(map(short_id, similar))
        remarks.append(
            f"warning: {found} in same namespace may say otherwise "
            f"(potential contradictions): {ids}"
        )
    remarks += [
        f"warning: says nearly the same as [{short_id(near['id'])}] "
        f"{one_line(near['title'])} (similarity {near['similarity']:.2f})"
        for near in result.get("near_duplicates", [])
    ]
    return Text([line], [*remarks, *_pending(result)])


def _pending(result: Result) -> list[str]:
    """What is still missing of a memory that was written."""
    if not result.get("vectors_pending"):
        return []
    return [
        "note: found by its words; by its meaning from the next recall on, which makes its vector"
    ]


def _recall(result: Result, paint: Paint, asked: str = "") -> Text:
    lines = []
    for memory in result["memories"]:
        sure = memory["confidence"]
        confidence = "" if sure >= 1 else f" conf={sure:.0%}"
        place = ", another project" if memory.get("origin") == "elsewhere" else ""
        about = (
            f"score={memory['score']:.2f} (ns={paint.cyan(memory['namespace'])}{place}, "
            f"{memory['access_count']}x, {paint.age(memory['updated_at'])}{confidence})"
        )
        title = paint.bold(one_line(memory["title"]))
        lines.append(f"{paint.mark(memory)} {title} {paint.bar(memory['score'])} {about}")
        lines.append(f"  {_preview(memory['content'], asked)}")
        if memory.get("truncated"):
            lines.append(paint.dim(f"  {_how_to_read_on(memory)}"))
        if memory.get("superseded_by"):
            newer = ", ".join(map(short_id, memory["superseded_by"]))
            lines.append(paint.dim(f"  superseded by [{newer}]"))
        if memory.get("may_be_superseded_by"):
            newer = ", ".join(map(short_id, memory["may_be_superseded_by"]))
            lines.append(paint.dim(f"  a newer one may say otherwise: [{newer}]"))
        parts = memory.get("explanation")
        if parts:
            shares = "  ".join(f"{name} {value:.3f}" for name, value in parts.items())
            lines.append(paint.dim(f"  {shares}"))
        lines.append("")
    count, mode = result["count"], result["mode"]
    meta = result["meta"]
    remarks = []
    if meta.get("degraded"):
        remarks.append(f"note: keyword search only: {meta['degraded']}")
    if meta.get("memories_dropped"):
        used, budget = meta["budget_tokens_used"], result.get("budget_tokens")
        dropped = plural(meta["memories_dropped"], "memory", "memories")
        remarks.append(f"note: {dropped} left out: {used} of {budget} tokens are spent")
    if meta.get("archived_hint"):
        remarks.append(f"note: {meta['archived_hint']}")
    if not count:
        return Text([], [*remarks, f"no memories found [{mode}]"])
    if not result["confident"]:
        remarks.append("note: none of them is likely to be about it; they are the nearest")
    lines.append(f"{plural(count, 'memory', 'memories')} recalled [{mode}]")
    return Text(lines, remarks)


def _preview(content: str, asked: str) -> str:
    """What of a content answers, on one line."""
    if len(content) > PREVIEW_CHARS and asked:
        from ai_memory.retrieval.passage import excerpt, passages
        from ai_memory.retrieval.question import asked_for, names

        words = asked_for(asked, QUERY_TERMS_MAX)
        places = passages(content, words, names(asked), chars_max=PREVIEW_CHARS)
        return one_line(excerpt(content, places))
    return one_line(content, PREVIEW_CHARS)


def _how_to_read_on(memory: Result) -> str:
    start = memory["passages"][0]["start"]
    places = ", ".join(f"{place['start']}-{place['end']}" for place in memory["passages"])
    whole = memory["content_chars"]
    return f"characters {places} of {whole}: ai-memory get {short_id(memory['id'])} --start {start}"


def _row(memory: Result, paint: Paint) -> str:
    return (
        f"{paint.mark(memory)} {paint.bold(one_line(memory['title']))} "
        f"(p={memory['priority']}, ns={paint.cyan(memory['namespace'])}, "
        f"{paint.age(memory['updated_at'])})"
        + (f" damaged: {', '.join(memory['damaged'])}" if memory.get("damaged") else "")
    )


def _page(
    rows: list[Result], result: Result, paint: Paint, nouns: tuple[str, str], none: str
) -> Text:
    if not rows:
        return Text([], [none])
    count, total = result["count"], result["total"]
    more = "" if result["total_is_exact"] else "+"
    of = f" of {total}{more}" if total > count else ""
    lines = [*(_row(row, paint) for row in rows), ""]
    lines.append(f"{count}{of} {nouns[0] if count == 1 and not of else nouns[1]}")
    cursor = result.get("next_cursor")
    return Text(lines, [f"note: the next page: --cursor {cursor}"] if cursor else [])


def _search(result: Result, paint: Paint) -> Text:
    none = f"no results for: {one_line(result['query'], PREVIEW_CHARS)}"
    page = _page(result["results"], result, paint, ("result", "results"), none)
    if result.get("archived_hint"):
        page.remarks.append(f"note: {result['archived_hint']}")
    return page


def _list(result: Result, paint: Paint) -> Text:
    return _page(
        result["memories"], result, paint, ("memory", "memories"), "no memories match, or none yet"
    )


def _get(result: Result, paint: Paint) -> Text:
    lines = [f"{paint.mark(result)} {paint.bold(one_line(result['title']))}"]
    facts = {
        "id": result["id"],
        "namespace": paint.cyan(result["namespace"]),
        "tags": ", ".join(result["tags"]),
        "priority": f"{paint.bar(result['priority'] / PRIORITY_MAX)} {result['priority']}",
        "confidence": f"{result['confidence']:.0%}",
        "source": result["source"],
        "version": result["version"],
        "created": f"{result['created_at']} ({paint.age(result['created_at'])})",
        "updated": f"{result['updated_at']} ({paint.age(result['updated_at'])})",
        "expires": result.get("expires_at", "never"),
        "recalled": f"{result['access_count']}x",
        "superseded by": ", ".join(result.get("superseded_by", ())),
        "damaged": ", ".join(result.get("damaged", ())),
        **{f"metadata.{name}": value for name, value in result["metadata"].items()},
    }
    lines += [f"  {name:12} {value}" for name, value in facts.items() if value not in ("", None)]
    lines += ["", result["content"]]
    if result.get("truncated"):
        lines += ["", paint.dim(_how_much(result))]
    if result["links"]:
        lines += ["", "links:", *(_arrow(link, paint) for link in result["links"])]
    return Text(lines)


def _how_much(result: Result) -> str:
    (place,) = result["passages"]
    return f"characters {place['start']}-{place['end']} of {result['content_chars']}"


def _arrow(link: Result, paint: Paint) -> str:
    arrow = f"  {link['source_id']} --[{link['relation']}]--> {link['target_id']}"
    until = link.get("valid_until")
    return f"{arrow} {paint.dim(f'(until {until})')}" if until else arrow


def _more(result: Result) -> list[str]:
    cursor = result.get("next_cursor")
    return [f"note: the next page: --cursor {cursor}"] if cursor else []


def _link(result: Result, paint: Paint) -> Text:
    done = "linked already" if result.get("duplicate") else "linked"
    return Text([f"{done}:{_arrow(result, paint)[1:]}"])


def _get_links(result: Result, paint: Paint) -> Text:
    if not result["links"]:
        return Text([], ["no links"])
    count = plural(result["total"], "link", "links")
    return Text([*(_arrow(link, paint) for link in result["links"]), "", count], _more(result))


def _kg_query(result: Result, paint: Paint) -> Text:
    if not result["memories"]:
        return Text([], ["no related memories"])
    lines = []
    for row in result["memories"]:
        arrow = f"--[{row['relation']}]-->"
        if row["direction"] == "inbound":
            arrow = f"<--[{row['relation']}]--"
        ended = paint.dim(f" (until {row['valid_until']})") if row["valid_until"] else ""
        lines.append(
            f"{'  ' * row['depth']}{arrow} {paint.bold(one_line(row['title']))} "
            f"[{short_id(row['target_id'])}] (ns={paint.cyan(row['target_namespace'])}){ended}"
        )
    least = "at least " if result["truncated"] else ""
    count = plural(result["total"], "related memory", "related memories")
    return Text([*lines, "", least + count], _more(result))


def _kg_timeline(result: Result, paint: Paint) -> Text:
    if not result["events"]:
        return Text([], ["no links"])
    lines = [
        f"  {row['valid_from']} to {row['valid_until'] or 'now'}  --[{row['relation']}]--> "
        f"{paint.bold(one_line(row['title']))} [{short_id(row['target_id'])}]"
        for row in result["events"]
    ]
    return Text([*lines, "", plural(result["total"], "link", "links")], _more(result))


def _kg_invalidate(result: Result, paint: Paint) -> Text:
    if not result["found"]:
        return Text([], ["no such link"])
    return Text([f"ended:{_arrow(result, paint)[1:]}"])


def _unlink(result: Result, paint: Paint) -> Text:  # noqa: ARG001
    if not result["deleted"]:
        return Text([], ["no such link"])
    return Text([f"taken back: {plural(result['count'], 'link', 'links')}"])


def _find_paths(result: Result, paint: Paint) -> Text:
    more = ["note: there may be more paths"] if result["truncated"] else []
    if not result["paths"]:
        return Text([], [*more, "no path"])
    return Text(["  " + paint.dim(" - ").join(path) for path in result["paths"]], more)


def _entity(result: Result, paint: Paint) -> Text:
    if result["entity_id"] is None:
        return Text([], ["no entity is called so"])
    done = {True: "registered: ", False: "known: "}.get(result.get("created", ...), "")
    names = ", ".join(map(one_line, result["aliases"]))
    line = f"{done}{result['entity_id']} {paint.bold(one_line(result['canonical_name']))}"
    return Text([f"{line} (ns={paint.cyan(result['namespace'])})", f"  called: {names}"])


def _taxonomy(result: Result, paint: Paint) -> Text:
    def branch(node: Result, indent: str) -> list[str]:
        count = node["subtree_count"]
        lines = [f"{indent}{paint.cyan(node['name'] or '/')}: {count}"]
        for child in node["children"]:
            lines += branch(child, indent + "  ")
        return lines

    left_out = ["note: the least populous namespaces are left out"] if result["truncated"] else []
    return Text(branch(result["tree"], ""), left_out)


def _update(result: Result, paint: Paint) -> Text:
    line = f"updated: {result['id']} [{paint.bold(one_line(result['title']))}]"
    return Text([line], _pending(result))


def _delete(result: Result, paint: Paint) -> Text:  # noqa: ARG001
    return Text([f"deleted: {result['id']}"])


def _promote(result: Result, paint: Paint) -> Text:
    if result["mode"] == "tier":
        return Text([f"promoted to long-term: {result['id']}"])
    source, clone = short_id(result["source_id"]), short_id(result["clone_id"])
    place = paint.cyan(result["to_namespace"])
    return Text([f"promoted (vertical): {source} → {place} (clone: {clone})"])


def _history(result: Result, paint: Paint) -> Text:
    lines = []
    for version in result["versions"]:
        mark = "  (current)" if version["current"] else ""
        head = f"v{version['version']}  {version['written_at']}  {paint.age(version['written_at'])}"
        lines.append(f"{head}{mark}  {paint.bold(one_line(version['title']))}")
        lines.append(f"  {one_line(version['content'], PREVIEW_CHARS)}")
    lines += ["", f"{result['count']} of {plural(result['total'], 'version')} of {result['id']}"]
    cursor = result.get("next_cursor")
    return Text(lines, [f"note: the next page: --cursor {cursor}"] if cursor else [])


def _forget(result: Result, paint: Paint) -> Text:
    if not result["dry_run"]:
        forgotten = plural(result["forgotten"], "memory", "memories")
        if namespaces := result.get("namespaces"):
            parts = (f"{count} in {paint.cyan(name)}" for name, count in namespaces.items())
            forgotten += f" ({', '.join(parts)})"
        return Text([f"forgot {forgotten}; `ai-memory archive list --reason forget` shows them"])
    rows = [
        f"[{short_id(row['id'])}] {one_line(row['title'])} (ns={paint.cyan(row['namespace'])})"
        for row in result["sample"]
    ]
    count = plural(result["would_delete"], "memory", "memories")
    more = result["would_delete"] - len(rows)
    return Text([*rows, *([f"… and {more} more"] if more > 0 else []), f"would forget {count}"])


def _diff(result: Result, paint: Paint) -> Text:
    head = f"{result['id']}: version {result['from_version']} → {result['to_version']}"
    if result["same"]:
        return Text([f"{head}: the same"])
    lines = [paint.bold(head)]
    if "title" in result:
        lines += [f"-title: {result['title']['before']}", f"+title: {result['title']['after']}"]
    lines += [f"-tag: {tag}" for tag in result.get("tags_removed", [])]
    lines += [f"+tag: {tag}" for tag in result.get("tags_added", [])]
    for sign, name in (("-", "metadata_before"), ("+", "metadata_after")):
        lines += [f"{sign}metadata.{key}: {value}" for key, value in result.get(name, {}).items()]
    return Text([*lines, *result.get("content", [])])


def _restore_version(result: Result, paint: Paint) -> Text:
    title = paint.bold(one_line(result["title"]))
    source = result["restored_from"]
    line = f"{result['id']} [{title}] says again what version {source} said"
    return Text([line], _pending(result))


def _erase(result: Result, paint: Paint) -> Text:  # noqa: ARG001
    done = "erased" if result["erased"] else "would erase"
    counts = (plural(result[f"{noun}s"], noun) for noun in ("version", "vector", "link"))
    lines = [
        f"{done}: {result['id']}",
        f"  {', '.join(counts)}",
        *(f"  sha256 {digest}" for digest in result["version_hashes"]),
    ]
    remarks = [f"note: derived from it, and may repeat it: {copy}" for copy in result["copies"]]
    if result["waits_for"]:
        waits = " and ".join(result["waits_for"])
        remarks.append(f"warning: traces are left in files, waiting for {waits}")
    return Text(lines, remarks)


def _gc(result: Result, paint: Paint) -> Text:  # noqa: ARG001
    done = "expired memories to archive" if result["dry_run"] else "expired memories archived"
    return Text([f"{done}: {result['collected']}"])


def _archive_add(result: Result, paint: Paint) -> Text:  # noqa: ARG001
    missing = [f"warning: not found: {memory_id}" for memory_id in result["missing"]]
    return Text([f"archived {plural(result['count'], 'memory', 'memories')}"], missing)


def _archive_list(result: Result, paint: Paint) -> Text:
    if not result["archived"]:
        return Text([], ["no archived memories"])
    lines = [
        f"[{short_id(row['id'])}] {paint.bold(one_line(row['title']))} "
        f"({row['archive_reason']}, {paint.age(row['archived_at'])}, "
        f"ns={paint.cyan(row['namespace'])})"
        for row in result["archived"]
    ]
    count, total = result["count"], result["total"]
    of = f" of {total}{'' if result['total_is_exact'] else '+'}" if total > count else ""
    lines += ["", f"{count}{of} archived {'memory' if count == 1 and not of else 'memories'}"]
    cursor = result.get("next_cursor")
    return Text(lines, [f"note: the next page: --cursor {cursor}"] if cursor else [])


def _archive_restore(result: Result, paint: Paint) -> Text:
    line = f"restored: {result['id']} [{paint.bold(one_line(result['title']))}]"
    return Text([line], _pending(result))


def _archive_purge(result: Result, paint: Paint) -> Text:  # noqa: ARG001
    done = "would purge" if result["dry_run"] else "purged"
    return Text([f"{done} {plural(result['purged'], 'archived memory', 'archived memories')}"])


def _archive_stats(result: Result, paint: Paint) -> Text:
    lines = [f"archived: {result['archived_total']} total, {size(result['archived_bytes'])}"]
    if "oldest" in result:
        lines.append(f"from {result['oldest']} to {result['newest']}")
    return Text([*lines, *_counted(result["by_namespace"], paint)])


def _stats(result: Result, paint: Paint) -> Text:
    facts = {
        "total memories": result["total"],
        "expiring within 1h": result["expiring_soon"],
        "archived": result["archived_total"],
        "links": result["links_count"],
        "vectors": result["vectors_count"],
        "waiting for vectors": result["unembedded"],
        "database size": size(result["db_size_bytes"]),
    }
    lines = [f"{name:20} {value}" for name, value in facts.items()]
    if result["by_tier"]:
        lines.append("by tier:")
        lines += [f"  {row['tier']}: {row['count']}" for row in result["by_tier"]]
        lines.append("by namespace:")
        lines += _counted(result["by_namespace"], paint)
    return Text(lines)


def _namespaces(result: Result, paint: Paint) -> Text:
    if not result["namespaces"]:
        return Text([], ["no namespaces"])
    cursor = result.get("next_cursor")
    more = [f"note: the next page: --cursor {cursor}"] if cursor else []
    return Text(_counted(result["namespaces"], paint), more)


def _counted(rows: list[Result], paint: Paint) -> list[str]:
    return [
        f"  {paint.cyan(row['namespace'])}: {plural(row['count'], 'memory', 'memories')}"
        for row in rows
    ]


def _capabilities(result: Result, paint: Paint) -> Text:
    if "family" in result:
        return Text([paint.bold(result["family"]), *_tools(result["tools"])])
    lines = [f"ai-memory {result['version']}, feature level {paint.bold(result['tier'])}"]
    lines += [f"  {name:24} {value}" for name, value in result["models"].items()]
    lines.append("features:")
    for name, value in result["features"].items():
        lines.append(f"  {name:24} {_in_words(value)}")
    if "tools" in result:
        lines.append("tools:")
        lines += _tools(result["tools"])
    return Text(lines)


def _tools(tools: list[Any]) -> list[str]:
    lines = []
    for tool in tools:
        if isinstance(tool, str):
            lines.append(f"  {tool}")
        elif "description" in tool:
            lines.append(f"  {tool['name']:22} {tool['description'].splitlines()[0]}")
        else:
            loaded = "" if tool["loaded"] else "  (not loaded)"
            lines.append(f"  {tool['name']:22} {tool['family']}{loaded}")
    return lines


def _in_words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return "yes" if value.get("enabled") else "no"
    return str(value)


def _health(result: Result, paint: Paint) -> Text:
    vectors = "embedder ready" if result["embedder_ready"] else "no embedder"
    line = f"{result['service']} {result['version']}: level {result['level']}, {vectors}"
    problem = result.get("embedder_problem")
    return Text(
        [f"{paint.bold(result['status'])}: {line}"], [f"note: {problem}"] if problem else []
    )


def _auto_tag(result: Result, paint: Paint) -> Text:  # noqa: ARG001
    new = ", ".join(result["new_tags"]) or "no new tags"
    return Text([f"tagged: {result['id']}: {new}", f"all tags: {', '.join(result['all_tags'])}"])


def _expand_query(result: Result, paint: Paint) -> Text:  # noqa: ARG001
    return Text([one_line(term) for term in result["expanded_terms"]])


def _curator_report(result: Result, paint: Paint) -> Text:
    lines = []
    for report in result["reports"]:
        lines.append(
            f"{report['completed_at']}  {paint.age(report['completed_at'])}: "
            f"{report['auto_tagged']} tagged, {report['contradictions_found']} contradictions, "
            f"{report['autonomy']['priority_adjustments']} priorities"
        )
        lines += [f"  ! {one_line(error)}" for error in report["errors"]]
    lines += [
        f"  {action['id']}  {action['action']:13} {short_id(action['memory_id'])}"
        + ("  (undone)" if "undone_at" in action else "")
        for action in result["actions"]
    ]
    queue = result["queue"]
    lines.append(f"waiting for tags: {queue['waiting']}, given up: {queue['given_up']}")
    return Text(lines, [] if result["reports"] else ["note: the curator has not run here yet"])


def _curator_undo(result: Result, paint: Paint) -> Text:  # noqa: ARG001
    if result["undone"]:
        return Text([f"undone: {result['action']} of {result['memory_id']}"])
    return Text([f"nothing undone: {result['reason']}"])


_SHOWN: Final[dict[str, Callable[[Result, Paint], Text]]] = {
    "session_start": _started,
    "load_family": _family,
    "smart_load": _family,
    "store": _store,
    "recall": _recall,
    "search": _search,
    "list": _list,
    "get": _get,
    "update": _update,
    "delete": _delete,
    "promote": _promote,
    "history": _history,
    "forget": _forget,
    "gc": _gc,
    "diff": _diff,
    "restore_version": _restore_version,
    "erase": _erase,
    "archive_add": _archive_add,
    "archive_list": _archive_list,
    "archive_restore": _archive_restore,
    "archive_purge": _archive_purge,
    "archive_stats": _archive_stats,
    "link": _link,
    "unlink": _unlink,
    "get_links": _get_links,
    "kg_query": _kg_query,
    "kg_timeline": _kg_timeline,
    "kg_invalidate": _kg_invalidate,
    "find_paths": _find_paths,
    "entity_register": _entity,
    "entity_get_by_alias": _entity,
    "get_taxonomy": _taxonomy,
    "stats": _stats,
    "namespaces": _namespaces,
    "capabilities": _capabilities,
    "health": _health,
    "auto_tag": _auto_tag,
    "expand_query": _expand_query,
    "check_duplicate": tidying("check_duplicate"),
    "consolidate": tidying("consolidate"),
    "auto_consolidate": tidying("auto_consolidate"),
    "consolidate_undo": tidying("consolidate_undo"),
    "resolve": tidying("resolve"),
    "contradictions": tidying("contradictions"),
    "detect_contradiction": tidying("detect_contradiction"),
    "curator_report": _curator_report,
    "curator_undo": _curator_undo,
}
