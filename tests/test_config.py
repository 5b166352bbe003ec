"""Settings of the language model: which are unsafe, and what is never shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import platformdirs
import pytest

from ai_memory.compose import open_node
from ai_memory.config import config_file, default_cache_dir, default_db, load_config
from ai_memory.errors import ConfigInvalid

KEY = "sk-very-secret"


@pytest.mark.parametrize(
    "flags",
    [
        {"llm_url": "ftp://127.0.0.1"},
        {"llm_url": "127.0.0.1:11434"},
        {"llm_url": "http://"},
        {"llm_url": "http://[::1"},
        {"llm_url": f"https://me:{KEY}@example.org/v1"},
        {"llm_url": "http://example.org/v1", "llm_api_key": KEY},
        {"embedding_url": "http://10.0.0.7/v1", "embedding_api_key": KEY},
        {"llm_timeout_secs": 0},
        {"llm_concurrency": 65},
        {"llm": "gpt"},
    ],
)
def test_an_unsafe_or_malformed_setting_refuses_to_start(flags: dict[str, Any]) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        load_config(flags)
    assert KEY not in str(caught.value.as_dict())


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "https://example.org/v1", None])
def test_a_key_may_travel_encrypted_or_within_the_machine(url: str | None) -> None:
    config = load_config({"llm": "openai", "llm_url": url, "llm_api_key": KEY})
    assert config.llm_api_key == KEY


def test_the_names_existing_files_use_are_understood(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('llm_model = "gemma4:e4b"\nollama_url = "http://10.0.0.7:11434"\n')
    config = load_config(file=file)
    assert (config.llm_model, config.llm_url) == ("gemma4:e4b", "http://10.0.0.7:11434")
    assert config.origins["llm_model"] == f"file {file}"
    file.write_text('llm_model = "old"\n[llm]\nmodel = "new"\n')
    assert load_config(file=file).llm_model == "new"


def test_an_endpoint_needs_the_name_of_its_model() -> None:
    config = load_config({"db": ":memory:", "tier": "smart", "embedder": "none", "llm": "openai"})
    with pytest.raises(ConfigInvalid, match="not named"):
        open_node(config)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"HOME": "/home/ada/"},
        {"HOME": ""},
        {"HOME": "relative"},
        {"XDG_DATA_HOME": "/data", "XDG_CACHE_HOME": "/cache", "XDG_CONFIG_HOME": "/config"},
        {"XDG_DATA_HOME": " ", "XDG_CACHE_HOME": "relative", "XDG_CONFIG_HOME": "~/config"},
        {"ANDROID_ROOT": "/system", "ANDROID_DATA": "/data"},
    ],
)
def test_our_folders_are_those_of_platformdirs(
    settings: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "AI_MEMORY_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert Path(default_db()).parent == platformdirs.user_data_path("ai-memory", appauthor=False)
    assert default_cache_dir() == platformdirs.user_cache_dir("ai-memory", appauthor=False)
    assert config_file().parent == platformdirs.user_config_path("ai-memory", appauthor=False)
