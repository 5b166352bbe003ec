"""Duplicates, contradictions and consolidations as a person reads them."""

from __future__ import annotations

from ai_memory.faces.cli.paint import Paint, one_line, plural, short_id
from ai_memory.faces.cli.words import Result, Text


def check_duplicate(result: Result, paint: Paint) -> Text:
    """The verdict and the nearest memory."""
    remarks = []
    if result.get("degraded"):
        remarks.append(f"note: compared by words only: {result['degraded']}")
    nearest = result["nearest"]
    if nearest is None:
        return Text(["no duplicate: nothing is like it"], remarks)
    verdict = paint.bold("duplicate") if result["is_duplicate"] else "no duplicate"
    about = f"{nearest['similarity']:.2f} of {result['threshold']:.2f} by {result['method']}"
    line = (
        f"{verdict}: nearest is [{short_id(nearest['id'])}] {one_line(nearest['title'])} "
        f"(ns={paint.cyan(nearest['namespace'])}, {about})"
    )
    return Text([line], remarks)


def consolidate(result: Result, paint: Paint) -> Text:  # noqa: ARG001
    """What the several became."""
    count = plural(result["consolidated"], "memory", "memories")
    remarks = []
    if result.get("summary_by") == "extract":
        remarks.append("note: without a language model their own sentences are the summary")
    if result.get("language_model_problem"):
        remarks.append(f"note: {result['language_model_problem']}")
    return Text([f"consolidated {count} into: {result['id']}"], remarks)


def auto_consolidate(result: Result, paint: Paint) -> Text:
    """The groups, and what became of them."""
    lines = ["dry run - would consolidate:"] if result["dry_run"] else []
    for group in result["groups"]:
        tag = f" [{group['tag']}]" if group["tag"] else ""
        into = f" into {short_id(group['id'])}" if "id" in group else ""
        count = plural(group["count"], "memory", "memories")
        lines.append(f"  {paint.cyan(group['namespace'])}{tag}: {count}{into}")
        lines += [f"    {one_line(title)}" for title in group["titles"]]
    if not result["groups"]:
        return Text([], ["nothing belongs together"])
    if not result["dry_run"]:
        count = plural(result["consolidated"], "memory", "memories")
        lines.append(f"auto-consolidated {count}; `ai-memory consolidate-undo ID` takes one back")
    return Text(lines)


def consolidate_undo(result: Result, paint: Paint) -> Text:  # noqa: ARG001
    """How many live again."""
    count = plural(result["count"], "memory lives", "memories live")
    remarks = [f"note: not taken back: {short_id(one)}" for one in result["missing"]]
    return Text([f"undone: {count} again, {short_id(result['id'])} is archived"], remarks)


def resolve(result: Result, paint: Paint) -> Text:  # noqa: ARG001
    """Who won."""
    return Text([f"resolved: {short_id(result['winner'])} supersedes {short_id(result['loser'])}"])


def contradictions(result: Result, paint: Paint) -> Text:
    """Who contradicts whom."""
    titles = {memory["id"]: one_line(memory["title"]) for memory in result["memories"]}
    lines = []
    for link in result["links"]:
        one, other = (
            f"[{short_id(end)}] {paint.bold(titles.get(end, '?'))}"
            for end in (link["source_id"], link["target_id"])
        )
        lines.append(f"{one} {'may contradict' if link['synthesized'] else 'contradicts'} {other}")
    if not lines:
        return Text([], ["no contradictions found"])
    return Text(lines, ["note: there are more"] if result["truncated"] else [])


def detect_contradiction(result: Result, paint: Paint) -> Text:
    """The verdict and who gave it."""
    sides = [
        f"  {short_id(side['id'])}  {paint.bold(one_line(side['title']))}"
        for side in (result["memory_a"], result["memory_b"])
    ]
    judge = "by their words" if result["method"] == "words" else "by the language model"
    kind = f" ({result['kind']})" if "kind" in result else ""
    said = "they contradict each other" if result["contradicts"] else "no contradiction found"
    problem = result.get("language_model_problem")
    remarks = [f"note: the language model was not heard: {problem}"] if problem else []
    return Text([f"{said}{kind}, {judge}", *sides], remarks)
