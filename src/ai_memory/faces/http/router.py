"""Method and path → what answers there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final, Generic, NamedTuple, TypeVar

from ai_memory.errors import MethodNotAllowed, RouteNotFound
from ai_memory.faces.http.query import decoded

T = TypeVar("T")

_SHOWN_CHARS: Final = 120
_SEGMENT: Final = re.compile(rb"\\\{(\w+)\\\}")


class _Pattern(NamedTuple, Generic[T]):
    """A path with parameters."""

    match: re.Pattern[bytes]
    verbs: dict[str, T]


class Router(Generic[T]):
    """Finds by exact path first, then by pattern; the table is fixed once made."""

    def __init__(self, table: Iterable[tuple[str, str, T]]) -> None:
        """Take (method, path, target) rows; `{name}` in a path matches one segment."""
        self._exact: dict[bytes, dict[str, T]] = {}
        patterns: dict[str, _Pattern[T]] = {}
        self._paths: list[str] = []
        for method, path, target in table:
            if path not in self._paths:
                self._paths.append(path)
            if "{" not in path:
                verbs = self._exact.setdefault(path.encode(), {})
            else:
                expression = _SEGMENT.sub(rb"(?P<\1>[^/]+)", re.escape(path.encode()))
                verbs = patterns.setdefault(path, _Pattern(re.compile(expression), {})).verbs
            verbs[method] = target
            if method == "GET":
                verbs["HEAD"] = target
        self._patterns = tuple(patterns.values())

    def find(self, method: str, path: bytes) -> tuple[T, dict[str, str]]:
        """The target and the path's parameters.

        Args:
            method: The verb, upper case.
            path: As it stands in the request, still percent-encoded.

        Raises:
            RouteNotFound: No such path; the hint names the nearest.
            MethodNotAllowed: The path has other verbs, which `allow` lists.
            ValidationFailed: A parameter is no percent-encoded UTF-8.
        """
        found = self._exact.get(path)
        params: dict[str, str] = {}
        if found is None:
            for pattern in self._patterns:
                match = pattern.match.fullmatch(path)
                if match is not None:
                    found = pattern.verbs
                    params = {
                        name: decoded(value, plus=False)
                        for name, value in match.groupdict().items()
                    }
                    break
            else:
                raise self._unknown(path)
        target = found.get(method)
        if target is None:
            raise MethodNotAllowed(f"{method[:16]} is not a verb of this path", allow=sorted(found))
        return target, params

    def _unknown(self, path: bytes) -> RouteNotFound:
        shown = path[:_SHOWN_CHARS].decode("ascii", "replace")
        near = get_close_matches(shown, self._paths, 1, cutoff=0.5)
        hint = f"Did you mean {near[0]}? {RouteNotFound.default_hint}" if near else None
        return RouteNotFound(f"there is no path '{shown}'", hint=hint)
