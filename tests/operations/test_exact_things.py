"""Exact things and names, through search and recall: found, and the right one first."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import pytest
from tests.support import Harness, harness

from ai_memory.errors import Conflict
from ai_memory.operations.forget_memories import ForgetMemories
from ai_memory.operations.list_memories import ListMemories
from ai_memory.operations.recall_memories import RecallMemories
from ai_memory.operations.search_memories import SearchMemories
from ai_memory.operations.store_memory import StoreMemory

TEXTS = {
    "c": "We write C code for the driver",
    "cpp": "We write C++ code for the engine",
    "cs": "We write C# code for the editor",
    "net": "The service runs on .NET in production",
    "net word": "The net profit of the service in production",
    "node": "Start it with node.js, please",
    "flag": "Use git commit --no-verify to skip the hooks",
    "force": "git push --force is forbidden; nobody may force it",
    "forced": "The force of habit: git push as usual",
    "tar": "tar -xzf archive.tgz unpacks the file",
    "tar word": "tar and feather, an archive of the file",
    "v1.1": "We upgraded to version 1.1 of the library",
    "v1.10": "We upgraded to version 1.10 of the library",
    "v1.2.3": "Pinned at v1.2.3 since May",
    "path": "The configuration lies in /etc/nginx/nginx.conf here",
    "windows": r"Settings are in C:\Users\anna\app.ini there",
    "error": "Mongo failed with E11000 and Windows with 0x80070005",
    "chrome": "The page showed ERR_CONNECTION_REFUSED again",
    "mail": "Write to anna.smith@example.com about it",
    "user": "Ask @anna_k in the channel #release-notes",
    "home": "Everything is below $HOME on that machine",
    "camel": "HttpClientFactory makes what getUserById needs",
    "server": "HTTPServer2 listens, MultiAgentV2 answers",
    "snake": "The switch enable_cold_resume is on",
    "kebab": "The chart my-cool-service is deployed",
    "chinese": "还剩50条没有处理",
    "japanese": "iPhoneを買う予定",
    "operator": "Both must hold: a && b",
}


@pytest.fixture(scope="module")
def open_() -> Iterator[Harness]:
    with harness() as opened:
        for title, content in TEXTS.items():
            opened.run(StoreMemory(title=f"note {title}", content=content))
        yield opened


def searched(open_: Harness, query: str) -> list[str]:
    found = open_.run(SearchMemories(query=query)).results
    return [one.title.removeprefix("note ") for one in found]


def recalled(open_: Harness, context: str) -> list[str]:
    found = open_.run(RecallMemories(context=context)).memories
    return [one.title.removeprefix("note ") for one in found]


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ("C++", "cpp"), ("c++", "cpp"), ("C#", "cs"), (".NET", "net"), ("node.js", "node"),
        ("--no-verify", "flag"), ("--force", "force"), ("-xzf", "tar"), ("1.1", "v1.1"),
        ("1.10", "v1.10"), ("v1.10", "v1.10"), ("v1.2.3", "v1.2.3"), ("1.2", "v1.2.3"),
        ("/etc/nginx/nginx.conf", "path"), ("nginx.conf", "path"), (r"C:\Users\anna", "windows"),
        ("E11000", "error"), ("0x80070005", "error"), ("ERR_CONNECTION_REFUSED", "chrome"),
        ("connection refused", "chrome"), ("anna.smith@example.com", "mail"), ("@anna_k", "user"),
        ("#release-notes", "user"), ("$HOME", "home"), ("HttpClientFactory", "camel"),
        ("httpclientfactory", "camel"), ("HttpClient", "camel"), ("http client", "camel"),
        ("ClientFactory", "camel"), ("UserById", "camel"), ("multi agent v2", "server"),
        ("HTTPServer2", "server"), ("enable_cold_resume", "snake"), ("coldResume", "snake"),
        ("cold-resume", "snake"), ("my-cool-service", "kebab"), ("cool service", "kebab"),
        ("50条", "chinese"), ("条", "chinese"), ("理", "chinese"), ("iPhone", "japanese"),
        ("iphone", "japanese"), ("買う", "japanese"), ("&&", "operator"),
    ],
)  # fmt: skip
def test_it_is_found_first(open_: Harness, asked: str, wanted: str) -> None:
    assert searched(open_, asked)[:1] == [wanted]
    assert recalled(open_, asked)[:1] == [wanted]


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("who writes C++ code?", "cpp"),
        ("What is written in C#?", "cs"),
        ("does anything run on .NET?", "net"),
        ("when did we upgrade to 1.10?", "v1.10"),
        ("may I use --force with git push?", "force"),
        ("what does the HttpClientFactory make", "camel"),
    ],
)
def test_a_question_with_it_is_answered_by_it(open_: Harness, question: str, wanted: str) -> None:
    assert recalled(open_, question)[:1] == [wanted]


def test_search_keeps_to_the_exact_thing(open_: Harness) -> None:
    assert searched(open_, "C++") == ["cpp"]
    assert searched(open_, "1.1") == ["v1.1"]
    assert searched(open_, "--force") == ["force"]
    assert searched(open_, "ハク") == []


def test_a_hyphen_excludes_unless_it_is_the_word_s_own(open_: Harness) -> None:
    assert searched(open_, "git -force") == ["flag"]
    assert searched(open_, "tar -xzf")[0] == "tar"
    assert searched(open_, 'git -"skip the hooks" -habit') == ["force"]


def test_forget_takes_words_as_they_stand(open_: Harness) -> None:
    def would(pattern: str) -> int:
        return int(open_.run(ForgetMemories(pattern=pattern, dry_run=True)).would_delete)

    assert would("C++") == 1
    assert would("HttpClient") == 1
    assert would("没有钱") == 0
    assert would("没有") == 1
    assert would("enable_cold_resume, E11000") == 2


def test_a_name_is_one_however_its_accents_are_written(open_: Harness) -> None:
    composed, apart = "Zoë", unicodedata.normalize("NFD", "Zoë")
    open_.run(StoreMemory(title=apart, content="x", namespace=apart, tags=(apart,)))
    for spelling in (composed, apart):
        assert open_.run(ListMemories(namespace=spelling)).count == 1
        assert open_.run(ListMemories(tags=spelling)).count == 1
        with pytest.raises(Conflict):
            open_.run(StoreMemory(title=spelling, content="y", namespace=spelling))
