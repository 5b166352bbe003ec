"""config, doctor and reembed."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import apsw
import pytest
from tests.adapters.embedder.scripted_server import Reply, ScriptedServer
from tests.faces.cli.shell import Shell

from ai_memory.config import SETTINGS


def section_of(found: dict[str, Any], name: str) -> dict[str, Any]:
    (section,) = [one for one in found["sections"] if one["name"] == name]
    return {**section, "facts": dict(section["facts"])}


def execute(path: Path, sql: str) -> None:
    connection = apsw.Connection(str(path))
    connection.execute(sql)
    connection.close()


def foreign(path: Path) -> None:
    path.unlink()
    execute(path, "CREATE TABLE other (x); PRAGMA user_version = 1")


def damage(path: Path) -> None:
    execute(path, "PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray(path.read_bytes())
    for at in range(8 * 4096, len(data), 4096):
        data[at : at + 64] = b"\x55" * 64
    path.write_bytes(data)


# -- config ----------------------------------------------------------------------------------------


def test_config_shows_every_setting_and_its_origin(sh: Shell, tmp_path: Path) -> None:
    text = sh.ok("config").out
    for setting in SETTINGS:
        assert f"{setting.name} " in text
    found = sh.ok("config", "--json", "--tier", "semantic", "--bind", "127.0.0.1:1").json
    rows = {row["name"]: row for row in found["settings"]}
    assert set(rows) == {setting.name for setting in SETTINGS}
    assert rows["db"]["value"] == str(tmp_path / "memory.db")
    assert rows["db"]["origin"] == "env AI_MEMORY_DB"
    assert (rows["tier"]["value"], rows["tier"]["origin"]) == ("semantic", "flag")
    assert rows["profile"]["origin"] == "default"
    assert found["file_read"] is False


def test_config_masks_secrets(sh: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AI_MEMORY_API_KEY", "very-secret-key")
    for words in (("config",), ("config", "--json"), ("doctor",), ("doctor", "--json")):
        outcome = sh.ok(*words)
        assert "very-secret-key" not in outcome.out + outcome.err
        assert "********" in outcome.out


def test_config_tells_where_the_file_is(sh: Shell, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    assert sh.ok("config", "path", "--config", str(file)).out == f"{file}\n"
    file.write_text('tier = "keyword"\n')
    found = sh.ok("config", "path", "--config", str(file), "--json").json
    assert found == {"path": str(file), "exists": True}
    assert f"settings file: {file}\n" in sh.ok("config", "--config", str(file)).out
    assert sh("config", "paht").code == 2


# -- doctor ----------------------------------------------------------------------------------------


def test_doctor_finds_a_healthy_store_healthy(sh: Shell) -> None:
    sh.store("Coffee", "x", "--level", "semantic")
    sh.ok("recall", "coffee", "--level", "semantic")  # makes the vectors
    found = sh.ok("doctor", "--json", "--level", "semantic", "--fail-on-warn").json
    assert (found["mode"], found["overall"]) == ("local", "info")
    assert [section["name"] for section in found["sections"]] == [
        "Storage", "Embedder", "Index", "Recall", "Graph", "Language model", "Config",
        "Environment",
    ]  # fmt: skip
    assert section_of(found, "Storage")["facts"]["quick check"] == "ok"
    assert section_of(found, "Index")["facts"]["vectors"] == 1
    assert section_of(found, "Recall")["facts"]["mode"] == "hybrid"
    text = sh.ok("doctor").out
    assert "[INFO] Storage" in text
    assert text.endswith("overall: info\n")


def test_doctor_does_not_make_the_database_it_looks_for(sh: Shell, tmp_path: Path) -> None:
    found = sh.ok("doctor", "--json").json
    assert section_of(found, "Storage")["facts"]["exists"] is False
    assert section_of(found, "Recall")["severity"] == "notavailable"
    assert not (tmp_path / "memory.db").exists()


def test_doctor_finds_missing_vectors_and_mends_them(sh: Shell, tmp_path: Path) -> None:
    sh.store("Coffee")
    fresh = sh.ok("doctor", "--level", "semantic", "--fail-on-warn").out
    assert "vectors will be made by" in fresh
    execute(tmp_path / "memory.db", "UPDATE memory SET updated_at = updated_at - 172800000000")
    sick = sh("doctor", "--level", "semantic", "--fail-on-warn")
    assert sick.code == 1
    assert "! 1 memory has no vectors yet." in sick.out
    assert sh.ok("doctor", "--level", "semantic").code == 0
    sh.ok("doctor", "--level", "semantic", "--fix", "--fail-on-warn")
    assert sh.ok("stats", "--json").json["unembedded"] == 0


@pytest.mark.parametrize(
    ("harm", "section", "note"),
    [
        (lambda path: path.write_bytes(os.urandom(8192)), "Storage", "not a sound SQLite"),
        (lambda path: execute(path, "PRAGMA user_version = 999"), "Storage", "a newer program"),
        (foreign, "Storage", "belongs to another program"),
        (damage, "Storage", ""),
    ],
    ids=["garbage", "newer", "foreign", "damaged"],
)
def test_doctor_finds_what_is_critical(
    sh: Shell, tmp_path: Path, harm: Any, section: str, note: str
) -> None:
    for number in range(30):
        sh.store(f"Note {number}", "word " * 500)
    harm(tmp_path / "memory.db")
    outcome = sh("doctor", "--json")
    assert outcome.code == 2
    assert outcome.json["overall"] == "critical"
    found = section_of(outcome.json, section)
    assert found["severity"] == "critical"
    assert note in found["note"]


def test_doctor_finds_another_model(sh: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    sh.store("Coffee", "x", "--level", "semantic")
    sh.ok("recall", "coffee", "--level", "semantic")  # makes the vectors
    monkeypatch.setenv("AI_MEMORY_EMBEDDING_DIM", "32")
    outcome = sh("doctor", "--json", "--level", "semantic")
    assert outcome.code == 2
    assert "ai-memory reembed" in section_of(outcome.json, "Recall")["note"]


def test_doctor_finds_an_embedder_that_cannot_be_had(
    sh: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AI_MEMORY_EMBEDDER", "onnx")
    found = sh.ok("doctor", "--json", "--level", "semantic").json
    assert section_of(found, "Embedder")["severity"] == "warning"


def test_doctor_finds_what_is_risky_in_the_settings(
    sh: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AI_MEMORY_TEIR", "keyword")
    monkeypatch.setenv("AI_MEMORY_BIND", "0.0.0.0:9077")
    note = section_of(sh.ok("doctor", "--json").json, "Config")["note"]
    assert "AI_MEMORY_TEIR means nothing. Did you mean AI_MEMORY_TIER?" in note
    assert "`serve` will refuse to start" in note
    file = tmp_path / "mine.toml"
    file.write_text('api_key = "short"\n')
    file.chmod(0o644)
    found = sh.ok("doctor", "--json", "--config", str(file)).json
    note = section_of(found, "Config")["note"]
    assert "fewer than 16 characters" in note
    if os.name == "posix":
        assert f"chmod 600 {file}" in note


def test_doctor_explains_settings_that_cannot_be_read(
    sh: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AI_MEMORY_TIER", "nonsense")
    outcome = sh("doctor", "--json")
    assert outcome.code == 2
    assert section_of(outcome.json, "Config")["severity"] == "critical"


# -- reembed ---------------------------------------------------------------------------------------


def test_reembed_makes_what_is_missing_and_then_nothing(sh: Shell) -> None:
    for number in range(3):
        sh.store(f"Note {number}")
    done = sh.ok("reembed", "--level", "semantic", "--json").json
    assert (done["embedded"], done["dropped"], done["remaining"]) == (3, 0, 0)
    again = sh.ok("reembed", "--level", "semantic")
    assert again.out.startswith("embedded 0 memories with ")


def test_reembed_changes_the_model(sh: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    sh.store("Coffee", "Ada drinks her coffee black.", "--level", "semantic")
    sh.ok("recall", "coffee", "--level", "semantic")  # makes the vectors
    monkeypatch.setenv("AI_MEMORY_EMBEDDING_DIM", "32")
    refused = sh("recall", "coffee", "--level", "semantic")
    assert refused.code == 1
    assert "Run `ai-memory reembed`" in refused.err
    assert sh.ok("list", "--level", "semantic").err == ""
    done = sh.ok("reembed", "--level", "semantic", "--json").json
    assert (done["embedded"], done["dropped"], done["dim"]) == (1, 1, 32)
    assert "[hybrid]" in sh.ok("recall", "coffee", "--level", "semantic").out


def test_reembed_shows_a_bar_when_asked(sh: Shell) -> None:
    sh.store("Coffee")
    assert "embedding" in sh.ok("reembed", "--level", "semantic", "--progress").err


def test_reembed_needs_an_embedder(sh: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = sh("reembed", "--json")
    assert outcome.code == 1
    assert outcome.problem["code"] == "CAPABILITY_MISSING"
    monkeypatch.setenv("AI_MEMORY_EMBEDDER", "onnx")
    outcome = sh("reembed", "--level", "semantic", "--json")
    assert outcome.problem["code"] == "EMBEDDER_UNAVAILABLE"
    assert json.loads(outcome.err.splitlines()[-1]) == outcome.problem


# -- the language model ----------------------------------------------------------------------------


def _at(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AI_MEMORY_TIER": "smart",
        "AI_MEMORY_EMBEDDER": "none",
        "AI_MEMORY_LLM": "openai",
        "AI_MEMORY_LLM_MODEL": "some-model",
        "AI_MEMORY_LLM_URL": server.url,
        "AI_MEMORY_LLM_API_KEY": "sk-very-secret",
    }.items():
        monkeypatch.setenv(name, value)


def test_doctor_asks_the_language_model(sh: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer() as server:
        _at(server, monkeypatch)
        text = '{"terms": ["tea", "cocoa"]}'
        server.default = lambda _: Reply({"choices": [{"message": {"content": text}}]})
        outcome = sh.ok("doctor", "--json")
        section = section_of(outcome.json, "Language model")
        assert section["severity"] == "info"
        assert section["facts"]["model"] == "some-model"
        assert section["facts"]["related to 'a hot beverage'"] == ["tea", "cocoa"]
        assert "sk-very-secret" not in outcome.out
        assert "sk-very-secret" not in sh.ok("config", "--json").out + sh.ok("config").out


def test_doctor_tells_what_the_endpoint_says(sh: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer() as server:
        _at(server, monkeypatch)
        server.default = lambda _: Reply({"error": "bad key sk-very-secret"}, 401)
        outcome = sh("doctor", "--json", "--fail-on-warn")
        section = section_of(outcome.json, "Language model")
        assert section["severity"] == "warning"
        assert "401 bad key …" in section["note"]
        assert "sk-very-secret" not in outcome.out
