"""Whatever a client sends, it gets an answer it can read: never a fault, never silence."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcp import Client
from mcp.types import INVALID_REQUEST, PARSE_ERROR
from tests.faces.mcp.session import ERAS, text_of

from ai_memory import limits
from ai_memory.compose import OpenNode, open_node
from ai_memory.config import load_config
from ai_memory.faces.codec import read_object
from ai_memory.faces.mcp.envelope import Refusal, read_body, read_message
from ai_memory.faces.mcp.opening import Ready
from ai_memory.faces.mcp.pipe import read_lines
from ai_memory.faces.mcp.server import build_server
from ai_memory.model.line import one_line
from ai_memory.operations.registry import command_type, operations_on

TEXT = st.text(max_size=20)


def json_with(text: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | text,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
        max_leaves=8,
    )


JSON = json_with(TEXT)
LINE_TEXT = st.text(st.characters(), max_size=20)  # half characters too, as escapes
LINE_JSON = json_with(LINE_TEXT)
GOOD = st.sampled_from(
    ["mid", "global", "a/b", "2026-01-02T03:04:05Z", "nowhere", "full", "core", 0, 1, 7, True, []]
)
FIELDS = {
    operation.wire: command_type(operation).__struct_fields__ for operation in operations_on("mcp")
}


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A tool, and arguments of which many have its fields' names and some could be right."""
    tool = draw(st.sampled_from(sorted(FIELDS)))
    names = st.sampled_from(FIELDS[tool]) if FIELDS[tool] else TEXT
    return tool, draw(st.dictionaries(names | names | TEXT, GOOD | JSON, max_size=6))


@pytest.fixture(scope="module")
def portal() -> Iterator[BlockingPortal]:
    with start_blocking_portal("asyncio") as portal:
        yield portal


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenNode]:
    db = tmp_path_factory.mktemp("malformed") / "node.db"
    node = open_node(load_config({"db": str(db), "tier": "keyword"}))
    yield node
    node.close()


@pytest.fixture(scope="module", params=ERAS)
def client(
    portal: BlockingPortal, node: OpenNode, request: pytest.FixtureRequest
) -> Iterator[Client]:
    server = build_server(Ready(node), "full")
    # Without the listing, the client does not check the answers: other tests have it do so.
    client = Client(server, mode=request.param, raise_exceptions=True)
    with portal.wrap_async_context_manager(client):
        yield client


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(calls())
def test_any_arguments_get_a_result_or_a_clear_error(
    portal: BlockingPortal, client: Client, call: tuple[str, dict[str, Any]]
) -> None:
    result = portal.call(client.call_tool, *call)
    answer = text_of(result)
    if result.is_error:
        assert answer["code"] not in ("INTERNAL", None)
        assert answer["message"]
        assert answer["hint"]
        assert "Traceback" not in str(answer)
    else:
        assert isinstance(answer, dict)


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=60)
    | LINE_JSON.map(lambda value: json.dumps(value).encode())
    | st.fixed_dictionaries(
        {"jsonrpc": st.just("2.0")},
        optional=dict.fromkeys(("id", "params", "result", "error"), LINE_JSON)
        | {"method": LINE_TEXT},
    ).map(lambda value: json.dumps(value).encode())
)
def test_any_line_is_a_message_or_gets_a_refusal_that_can_be_sent(line: bytes) -> None:
    refusal = refusal_of(line)
    if refusal is not None:
        sent = json.loads(refusal.line)
        assert sent.keys() == {"jsonrpc", "id", "error"}
        assert sent["error"]["code"] in (PARSE_ERROR, INVALID_REQUEST)
        assert len(refusal.line.decode().splitlines()) == 1


def unreadable(inside: str, request_id: str = '"own"') -> bytes:
    """A call with something in its arguments, its keys as the TypeScript SDK orders them."""
    return (
        '{"method":"tools/call","params":{"name":"memory_store","id":"inner","arguments":'
        f'{{"title":"t","content":{inside}}}}},"jsonrpc":"2.0","id":{request_id}}}'
    ).encode("utf-8", "surrogateescape")


@pytest.mark.parametrize(
    "line",
    [
        unreadable('"caf\udce9"'),  # Latin-1: raw bytes that are no UTF-8
        b'{"id":"own","method":"ping","params":' + b"[" * 50_000,
        unreadable("[" * 5_000 + "]" * 5_000),
        unreadable("nul"),
        unreadable('"a" "b"'),
        unreadable('"\\x"'),
        unreadable("{'single': 1}"),
        b'{"jsonrpc":"2.0","id":"own","method":"tools/call","params":{"name":"memory_sto',
        b'{"jsonrpc":"2.0","id":"own","method":"tools/call","params":{"name":"never ends',
        b'{"jsonrpc":"1.0","id":"own","method":"ping"}',
        unreadable('"a" ' * 50_000),
        b'{"jsonrpc":"2.0","id":"own","method":"ping","params":3}',
    ],
)
def test_what_cannot_be_read_is_answered_under_its_own_id(line: bytes) -> None:
    for refuse in (refusal_of, body_refusal_of):
        refusal = refuse(line)
        assert refusal is not None
        assert json.loads(refusal.line)["id"] == "own"


@pytest.mark.parametrize("own", ["1.5", "1e2000", '"\\ud83d"', '"a\\"b"', "-7", "123456789" * 5])
def test_an_odd_id_is_said_again_as_it_was(own: str) -> None:
    refusal = refusal_of(unreadable("nul", own))
    assert refusal is not None
    assert f'"id":{own},'.encode() in refusal.line or own == "1e2000"


@pytest.mark.parametrize("own", ["null", "true", "[1]", '{"a": 1}', '"never ends'])
def test_what_is_no_id_is_answered_under_null(own: str) -> None:
    refusal = refusal_of(unreadable('"c"', own))
    assert refusal is not None
    assert json.loads(refusal.line)["id"] is None


def test_the_refusal_says_where() -> None:
    line = unreadable('"caf\udce9"')
    refusal = refusal_of(line)
    assert refusal is not None
    assert f"not UTF-8 (byte {line.index(0xE9)})" in str(refusal)


def test_an_id_that_is_half_a_character_is_refused_under_what_it_was() -> None:
    refusal = refusal_of(unreadable('"c"', r'"own \ud83d"'))
    assert refusal is not None
    assert rb'"id":"own \ud83d",' in refusal.line


def test_no_answer_is_given_to_an_answer() -> None:
    """Under the id of our own question it would end another one of the client's."""
    refusal = refusal_of(b'{"jsonrpc":"2.0","id":3,"result":{"a":nul}}')
    assert refusal is not None
    assert json.loads(refusal.line)["id"] is None


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        (r'"half \ud83d"', "half \ufffd"),
        (r'"\ude00 half"', "\ufffd half"),
        (r'"\ud83d\ude00 whole"', "\U0001f600 whole"),
        (r'"\ud83d\ud83d\ude00"', "\ufffd\U0001f600"),
        (r'"\\ud83d is spelled"', r"\ud83d is spelled"),
        (r'"\\\ud83d"', "\\\ufffd"),
        (r'"half \uD83D and \u00e9"', "half \ufffd and \u00e9"),
    ],
)
def test_half_a_character_becomes_a_replacement(sent: str, meant: str) -> None:
    line = unreadable(sent)
    message: Any = read_message(line)
    assert message.id == "own"
    assert message.params["arguments"]["content"] == meant
    assert json.loads(read_body(line)[1])["params"]["arguments"]["content"] == meant
    assert read_object(b'{"content":%b}' % sent.encode()) == {"content": meant}


def test_a_whole_number_is_an_id_however_it_is_written() -> None:
    message: Any = read_message(unreadable('"c"', "7.0"))
    assert message.id == 7
    assert read_message(b"\xef\xbb\xbf" + unreadable('"c"')) == read_message(unreadable('"c"'))


def test_arguments_that_are_the_text_of_an_object_are_that_object() -> None:
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
    for sent, meant in (('{"a": "b"}', {"a": "b"}), ("{}", {}), ("no object", "no object")):
        line = json.dumps({**call, "params": {"name": "n", "arguments": sent}}).encode()
        message: Any = read_message(line)
        assert message.params["arguments"] == meant
        assert json.loads(read_body(line)[1])["params"]["arguments"] == meant


def test_well_formed_messages_pass_untouched() -> None:
    line = b' {"jsonrpc":"2.0","id":1,"id":2,"method":"ping","params":{"x":"\\ud83d\\ude00"}}'
    assert read_body(line)[1] is line


@given(st.text())
def test_a_message_is_one_line_for_every_reader(text: str) -> None:
    text += "\u2028a\u2029b\x85c"
    line = one_line(json.dumps({"a": text}, ensure_ascii=False).encode()).decode()
    assert len(line.splitlines()) == 1
    assert json.loads(line) == {"a": text}


def body_refusal_of(body: bytes) -> Refusal | None:
    try:
        read_body(body)
    except Refusal as refusal:
        return refusal
    return None


def refusal_of(line: bytes) -> Refusal | None:
    try:
        read_message(line)
    except Refusal as refusal:
        return refusal
    return None


@settings(max_examples=50, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=40).map(lambda part: part.replace(b"\n", b" "))))
def test_lines_are_what_stands_between_newlines(lines: list[bytes]) -> None:
    assert through_a_pipe(b"\n".join(lines)) == [line.strip() for line in lines if line.strip()]


def test_a_long_line_is_dropped_and_the_next_one_read() -> None:
    longest = b"x" * limits.HTTP_BODY_BYTES_MAX
    assert through_a_pipe(longest + b"\na\n" + longest + b"x\nb\r\n\n" + longest + b"x") == [
        longest, b"a", None, b"b", None,
    ]  # fmt: skip


def through_a_pipe(data: bytes) -> list[bytes | None]:
    reading, writing = os.pipe()

    def write() -> None:
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(data)

    writer = threading.Thread(target=write)
    writer.start()
    lines = list(read_lines(reading))
    writer.join()
    os.close(reading)
    return lines
