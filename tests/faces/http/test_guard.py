"""Who is let in: no web page, nobody without the key, nothing that is not JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.faces.http.running import (
    JSON,
    KEY,
    Running,
    read_reply,
    require_error,
    require_raw_error,
    running,
)

STORE = {"title": "Tea", "content": "Grace takes milk."}
ASK = {"context": "tea"}


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:9077", "[::1]", "[::1]:9077", "127.8.8.8"],
)
def test_loopback_names_are_ours(empty: Running, host: str) -> None:
    assert empty.client.get("/api/v1/stats", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "evil.example:9077", "localhost.evil.example", "127.0.0.1.evil.example",
        "evil@localhost", "localhost:evil", "[::1]evil", "[::1", "0.0.0.0", "192.168.0.1", "",
        "localhost localhost", "xn--localhost", "169.254.169.254",
    ],
)  # fmt: skip
def test_other_hosts_are_refused(empty: Running, host: str) -> None:
    with empty.connect() as connection:
        connection.sendall(f"GET /api/v1/stats HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        require_raw_error(read_reply(connection), 403, "FORBIDDEN")


def test_a_request_without_a_host_is_refused(empty: Running) -> None:
    with empty.connect() as connection:
        connection.sendall(b"GET /api/v1/stats HTTP/1.0\r\n\r\n")
        require_raw_error(read_reply(connection), 403, "FORBIDDEN")


def test_two_hosts_are_refused(empty: Running) -> None:
    with empty.connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n")
        require_raw_error(read_reply(connection), 400, "VALIDATION_FAILED")


def test_allowed_hosts_are_ours_whatever_their_port(locked: Running) -> None:
    for host in ("memory.example", "memory.example:1", "OTHER.example"):
        answer = locked.client.get("/api/v1/health", headers={"Host": host})
        assert answer.status_code == 200
    answer = locked.client.get("/api/v1/health", headers={"Host": "third.example"})
    require_error(answer, 403, "FORBIDDEN")


def test_the_address_of_the_connection_is_ours(tmp_path: Path) -> None:
    """Bound to every address, a node is called by one that no page could have rebound."""
    with running(tmp_path, bind="0.0.0.0:0", api_key=KEY) as found:
        for host, status in (("127.0.0.1", 200), ("0.0.0.0", 200), ("10.1.2.3", 403)):
            answer = found.client.get(
                f"http://127.0.0.1:{found.port}/api/v1/health", headers={"Host": host}
            )
            assert answer.status_code == status


def test_only_a_page_of_this_very_node_may_write(node: Running) -> None:
    for origin in (f"http://127.0.0.1:{node.port}", f"HTTP://127.0.0.1:{node.port}"):
        headers = {"Origin": origin, "Sec-Fetch-Site": "same-origin"}
        answer = node.client.post("/api/v1/recall", json=ASK, headers=headers)
        assert answer.status_code == 200
        assert not [name for name in answer.headers if name.startswith("access-control")]
    named = {"Host": f"localhost:{node.port}", "Origin": f"http://localhost:{node.port}"}
    assert node.client.post("/api/v1/recall", json=ASK, headers=named).status_code == 200
    # A proxy that ends TLS leaves the name; the port is the scheme's.
    for host, origin, status in (
        ("localhost", "https://localhost", 200),
        ("localhost", "https://localhost:8443", 403),
        ("localhost:8443", "https://localhost:8443", 200),
        ("localhost:443", "https://localhost", 200),
        ("localhost:80", "https://localhost", 403),
    ):
        headers = {"Host": host, "Origin": origin}
        answer = node.client.post("/api/v1/recall", json=ASK, headers=headers)
        assert (host, origin, answer.status_code) == (host, origin, status)


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://memory.example", 200),
        ("http://memory.example", 200),
        ("https://memory.example:8443", 403),
        ("https://pages.example:8443", 200),
        ("https://pages.example", 403),
        ("https://third.example", 403),
    ],
)
def test_an_allowed_host_allows_its_pages_of_one_port(
    tmp_path: Path, origin: str, status: int
) -> None:
    hosts = "memory.example,pages.example:8443"
    with running(tmp_path, allowed_hosts=hosts) as found:
        headers = {"Origin": origin, "Sec-Fetch-Site": "cross-site"}
        answer = found.client.post("/api/v1/recall", json=ASK, headers=headers)
        assert answer.status_code == status


@pytest.mark.parametrize(
    "path",
    ["/api/v1/forget?pattern=tea", "/api/v1/gc", "/api/v1/session/start", "/mcp",
     "/api/v1/memories/x/promote", "/api/v1/archive/x/restore"],
)  # fmt: skip
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "multipart/form-data; boundary=application/json"},
        {"Authorization": "Basic dTpw"},
        {"Content-Length": "0", "Accept": "application/json"},
    ],
    ids=str,
)
def test_what_a_page_may_post_unasked_changes_nothing(
    node: Running, path: str, headers: dict[str, str]
) -> None:
    """Not even without an Origin, which old browsers leave out."""
    node.store()
    error = require_error(node.client.post(path, headers=headers), 403, "FORBIDDEN")
    assert "Content-Type: application/json" in error["hint"]
    assert node.total() == 1


@pytest.mark.parametrize(
    "headers",
    [
        JSON,
        {"Content-Type": "application/json; charset=utf-8"},
        {"X-Agent-Id": "me"},
        {"X-Requested-With": "curl"},
        {"Authorization": "Bearer x"},
    ],
    ids=str,
)
def test_a_post_without_a_body_says_that_no_page_sent_it(
    node: Running, headers: dict[str, str]
) -> None:
    node.store()
    answer = node.client.post("/api/v1/forget?pattern=grace", headers=headers)
    assert answer.json()["forgotten"] == 1


@pytest.mark.parametrize("origin", ["http://localhost:3000", "https://127.0.0.1", "http://[::1]:1"])
def test_a_page_on_another_port_of_this_machine_is_refused(node: Running, origin: str) -> None:
    node.store()
    for headers in ({"Origin": origin}, {"Sec-Fetch-Site": "same-site"}):
        answer = node.client.post("/api/v1/forget", json={"pattern": "tea"}, headers=headers)
        require_error(answer, 403, "FORBIDDEN")
        require_error(
            node.client.get("/api/v1/recall?context=tea", headers=headers), 403, "FORBIDDEN"
        )
    assert node.total() == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "file://"},
        {"Origin": "http://[::1"},
        {"Origin": "chrome-extension://localhost"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_web_page_can_neither_write_nor_read(empty: Running, headers: dict[str, str]) -> None:
    answer = empty.client.post("/api/v1/memories", json=STORE, headers=headers)
    require_error(answer, 403, "FORBIDDEN")
    require_error(empty.client.get("/api/v1/memories", headers=headers), 403, "FORBIDDEN")
    require_error(empty.client.post("/mcp", json={}, headers=headers), 403, "FORBIDDEN")
    require_error(empty.client.get("/metrics", headers=headers), 403, "FORBIDDEN")
    assert empty.total() == 0


@pytest.mark.parametrize("site", ["none", "same-origin"])
def test_the_owner_may_look_with_a_browser(empty: Running, site: str) -> None:
    answer = empty.client.get("/api/v1/stats", headers={"Sec-Fetch-Site": site})
    assert answer.status_code == 200


def test_a_preflight_is_not_answered(empty: Running) -> None:
    answer = empty.client.options(
        "/api/v1/memories",
        headers={"Access-Control-Request-Method": "POST"},
    )
    require_error(answer, 405, "METHOD_NOT_ALLOWED")
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/stats"), ("POST", "/api/v1/memories"), ("POST", "/mcp"),
        ("POST", "/api/v1/mcp"), ("GET", "/metrics"), ("GET", "/api/v1/metrics"),
        ("GET", "/api/v1/openapi.json"), ("GET", "/nowhere"), ("POST", "/api/v1/health"),
        ("GET", "/api/v1/health/"), ("GET", "/api/v1/%68ealth/../stats"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("key", [None, "", "wrong", KEY[:-1], KEY + "x", "ä"])
def test_nothing_but_health_answers_without_the_key(
    locked: Running, method: str, path: str, key: str | None
) -> None:
    headers = {} if key is None else {b"X-API-Key": key.encode("latin-1")}
    body = None if method == "GET" else STORE
    answer = locked.client.request(method, path, headers=headers, json=body)
    require_error(answer, 401, "UNAUTHORIZED")
    assert "www-authenticate" in answer.headers


def test_health_needs_no_key(locked: Running) -> None:
    assert locked.client.get("/api/v1/health").status_code == 200


@pytest.mark.parametrize(
    "headers", [{"X-API-Key": KEY}, {"Authorization": f"Bearer {KEY}"}], ids=["key", "bearer"]
)
def test_the_key_opens(locked: Running, headers: dict[str, str]) -> None:
    assert locked.client.get("/metrics", headers=headers).status_code == 200
    answer = locked.client.post("/api/v1/recall", json={"context": "tea"}, headers=headers)
    assert answer.status_code == 200


def test_another_scheme_than_bearer_does_not(locked: Running) -> None:
    for value in (f"Basic {KEY}", KEY, "Bearer"):
        answer = locked.client.get("/api/v1/stats", headers={"Authorization": value})
        require_error(answer, 401, "UNAUTHORIZED")


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
        "application/jsonx", "text/plain; application/json", "application/json; charset=latin-1",
        "application/vnd.api+json", "", None,
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/api/v1/memories"), ("POST", "/mcp"), ("DELETE", "/api/v1/memories/x")],
)
def test_a_body_must_be_declared_json(
    empty: Running, method: str, path: str, content_type: str | None
) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    answer = empty.client.request(method, path, content=json.dumps(STORE), headers=headers)
    require_error(answer, 415, "UNSUPPORTED_MEDIA_TYPE")
    assert empty.total() == 0


@pytest.mark.parametrize(
    "content_type",
    ["application/json; charset=utf-8", 'Application/JSON ;Charset="UTF-8"', "application/json;"],
)
def test_json_may_name_its_charset(node: Running, content_type: str) -> None:
    answer = node.client.post(
        "/api/v1/memories", content=json.dumps(STORE), headers={"Content-Type": content_type}
    )
    assert answer.status_code == 201


def test_a_compressed_body_is_refused(empty: Running) -> None:
    answer = empty.client.post(
        "/api/v1/memories", content=b"\x1f\x8b", headers={**JSON, "Content-Encoding": "gzip"}
    )
    require_error(answer, 415, "UNSUPPORTED_MEDIA_TYPE")
