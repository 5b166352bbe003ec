"""File + environment + flags → one frozen Config. A bad or unsafe setting refuses to start.

Each setting stands once in SETTINGS: its name, its environment variable, its place in the file, its
default and what it must look like. `config show` prints them with the origin of each value.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from ai_memory import limits
from ai_memory.errors import ConfigInvalid, ValidationFailed
from ai_memory.model.field import check_namespace
from ai_memory.model.memory import Retention
from ai_memory.model.name import one_name

LEVELS: Final = ("keyword", "semantic", "smart", "autonomous")
EMBEDDERS: Final = ("minilm", "e5", "onnx", "openai", "ollama", "hashing", "none")
LANGUAGE_MODELS: Final = ("ollama", "openai", "none")
_LOOPBACK_NAMES: Final = ("localhost", "127.0.0.1", "::1", "[::1]")


class Config(NamedTuple):
    """Every setting, checked. Built by `load_config`, never changed.

    Attributes:
        origins: Setting name → where its value came from: flag, env NAME, file, default.
    """

    db: str
    tier: str
    profile: str
    mcp_answer_tokens: int
    mcp_structured: bool
    agent_id: str | None
    anonymize: bool
    namespace: str
    bind: str
    workers: int
    url: str | None
    api_key: str | None
    plain_http: bool
    allowed_hosts: tuple[str, ...]
    embedder: str
    embedding_model: str | None
    embedding_url: str | None
    embedding_api_key: str | None
    embedding_path: str | None
    embedding_dim: int | None
    reranker_path: str | None
    rerank_timeout_ms: int
    llm: str
    llm_model: str | None
    llm_url: str | None
    llm_api_key: str | None
    llm_timeout_secs: int
    llm_concurrency: int
    curator_interval_secs: int
    curator_max_ops: int
    curator_max_secs: int
    cache_dir: str
    short_ttl_secs: int
    mid_ttl_secs: int
    long_ttl_secs: int
    short_extend_secs: int
    mid_extend_secs: int
    archive_max_days: int
    switch_interval_ms: float
    origins: Mapping[str, str]

    @property
    def retention(self) -> Retention:
        """TTLs as the model wants them: 0 or less never expires."""

        def ttl(secs: int) -> int | None:
            return min(secs, limits.CONFIGURED_TTL_SECS_MAX) if secs > 0 else None

        return Retention(
            short_ttl_secs=ttl(self.short_ttl_secs),
            mid_ttl_secs=ttl(self.mid_ttl_secs),
            long_ttl_secs=ttl(self.long_ttl_secs),
            short_extend_secs=max(0, self.short_extend_secs),
            mid_extend_secs=max(0, self.mid_extend_secs),
        )

    @property
    def host(self) -> str:
        """The address to listen on."""
        return split_bind(self.bind)[0]

    @property
    def port(self) -> int:
        """The port to listen on; 0 lets the system choose."""
        return split_bind(self.bind)[1]


class Setting(NamedTuple):
    """One setting.

    Attributes:
        name: Field of Config, and the flag without dashes.
        env: Environment variable.
        key: Where it stands in the file, dotted.
        default: Its value when nobody sets it; a callable is asked only then.
        parse: From text, a TOML value or a flag's value; raises ValueError with a reason.
        help: One line.
        secret: It is never shown.
        also: An older key of the file that means the same.
    """

    name: str
    env: str
    key: str
    default: Any
    parse: Callable[[Any], Any]
    help: str
    secret: bool = False
    also: str | None = None


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("must be non-empty text")
    return value


def _one_of(*names: str) -> Callable[[Any], str]:
    def parse(value: Any) -> str:
        text = str(value).strip().lower()
        if text not in names:
            from difflib import get_close_matches

            near = get_close_matches(text, names, 1)
            raise ValueError(
                f"must be one of {', '.join(names)}"
                + (f"; did you mean {near[0]}?" if near else "")
            )
        return text

    return parse


def _namespace(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("must be text")  # noqa: TRY004 - all reasons are ValueErrors
    name = value.strip()
    if name:
        try:
            check_namespace(name)
        except ValidationFailed as cause:
            raise ValueError(f"is no namespace. {cause.hint}") from cause
    return one_name(name)


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in ("1", "true", "yes", "on"):
        return True
    if text in ("0", "false", "no", "off", ""):
        return False
    raise ValueError("must be true or false")


def _whole(low: int, high: int) -> Callable[[Any], int]:
    def parse(value: Any) -> int:
        if isinstance(value, bool):
            raise ValueError("must be a whole number")  # noqa: TRY004 - all reasons are ValueErrors
        try:
            number = int(value)
        except (TypeError, ValueError):
            raise ValueError("must be a whole number") from None
        if not low <= number <= high:
            raise ValueError(f"must be between {low} and {high}")
        return number

    return parse


def _answer_tokens(value: Any) -> int:
    tokens = _whole(0, limits.BUDGET_TOKENS_MAX)(value)
    least = limits.MCP_ANSWER_TOKENS_MIN
    if 0 < tokens < least:
        raise ValueError(f"must be 0, or between {least} and {limits.BUDGET_TOKENS_MAX}")
    return tokens


def _interval(value: Any) -> int:
    secs = _whole(0, 86_400)(value)
    if 0 < secs < 60:
        raise ValueError("must be 0, or between 60 and 86400")
    return secs


def _millis(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ValueError("must be a number of milliseconds") from None
    if not 0.0 <= number <= 1_000.0:
        raise ValueError("must be between 0 and 1000")
    return number


def _names(value: Any) -> tuple[str, ...]:
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or not all(isinstance(part, str) for part in parts):
        raise ValueError("must be a list of names")
    return tuple(part.strip() for part in parts if part.strip())


def _url(value: Any) -> str:
    text = _text(value).strip()
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must look like http://127.0.0.1:11434 or https://example.org/v1")
    if parts.username or parts.password:
        raise ValueError("must not hold a password: messages show the address")
    return text


def _path(value: Any) -> str:
    return str(Path(_text(value)).expanduser())


def _bind(value: Any) -> str:
    split_bind(_text(value))
    return str(value)


def split_bind(text: str) -> tuple[str, int]:
    """Host and port of `host:port`, `host`, `:port` or `[v6]:port`; the port defaults to 9077.

    Raises:
        ValueError: The port is no number from 0 to 65535.
    """
    host, separator, port = text.rpartition(":")
    if not separator or "]" in port or (":" in host and not host.startswith("[")):
        host, port = text, str(limits.HTTP_PORT)
    if not port.isdecimal() or int(port) > 65_535:
        raise ValueError("must look like 127.0.0.1:9077")
    return host.strip("[]") or "127.0.0.1", int(port)


def default_db() -> str:
    """One absolute path per user, in the platform's data directory."""
    return str(Path(_user_folder("data")) / "ai-memory.db")


def default_cache_dir() -> str:
    """The platform's cache directory."""
    return _user_folder("cache")


def config_file() -> Path:
    """Where the settings file is looked for."""
    named = os.environ.get("AI_MEMORY_CONFIG")
    if named:
        return Path(named).expanduser()
    return Path(_user_folder("config")) / "config.toml"


_ON_LINUX: Final = {
    "data": ("XDG_DATA_HOME", "~/.local/share"),
    "cache": ("XDG_CACHE_HOME", "~/.cache"),
    "config": ("XDG_CONFIG_HOME", "~/.config"),
}


def _user_folder(kind: str) -> str:
    """What platformdirs says. Where nothing is set on Linux, we know it without its 5 ms."""
    variable, folder = _ON_LINUX[kind]
    is_plain = sys.platform == "linux" and not hasattr(sys, "getandroidapilevel")
    unset = not os.environ.get(variable) and "ANDROID_ROOT" not in os.environ
    if is_plain and unset and os.environ.get("HOME", "").startswith("/"):
        return str(Path(folder).expanduser() / "ai-memory")
    import platformdirs

    return str(getattr(platformdirs, f"user_{kind}_dir")("ai-memory", appauthor=False))


_TTL_MAX: Final = limits.CONFIGURED_TTL_SECS_MAX

SETTINGS: Final = (
    Setting("db", "AI_MEMORY_DB", "db", default_db, _path, "The database file."),
    Setting("tier", "AI_MEMORY_TIER", "tier", "semantic", _one_of(*LEVELS),
            "Feature level: keyword, semantic, smart, autonomous."),
    Setting("profile", "AI_MEMORY_PROFILE", "mcp.profile", "core", _text,
            "Which families of tools MCP shows."),
    Setting("mcp_answer_tokens", "AI_MEMORY_MCP_ANSWER_TOKENS", "mcp.answer_tokens",
            limits.MCP_ANSWER_TOKENS, _answer_tokens,
            "How long an MCP answer may be, in cl100k tokens; 0: as long as it gets."),
    Setting("mcp_structured", "AI_MEMORY_MCP_STRUCTURED", "mcp.structured", False, _flag,
            "Answer MCP calls with structured content instead of text, for programs."),
    Setting("agent_id", "AI_MEMORY_AGENT_ID", "agent_id", None, _text, "Who you are."),
    Setting("anonymize", "AI_MEMORY_ANONYMIZE", "identity.anonymize_default", False, _flag,
            "Leave the host name out of the default agent id."),
    Setting("namespace", "AI_MEMORY_NAMESPACE", "default_namespace", "", _namespace,
            "Your own project's namespace; empty: the project's name, else global."),
    Setting("bind", "AI_MEMORY_BIND", "bind", f"127.0.0.1:{limits.HTTP_PORT}", _bind,
            "Address and port of the HTTP server."),
    Setting("workers", "AI_MEMORY_WORKERS", "workers", 0, _whole(0, limits.WORKERS_MAX),
            "Processes of the HTTP server; 0: as many as processors, at most "
            f"{limits.WORKERS_DEFAULT_MAX}."),
    Setting("url", "AI_MEMORY_URL", "url", None, _text,
            "A running node the CLI talks to, instead of opening the file."),
    Setting("api_key", "AI_MEMORY_API_KEY", "api_key", None, _text,
            "Key that HTTP clients send as X-API-Key.", secret=True),
    Setting("plain_http", "AI_MEMORY_PLAIN_HTTP", "plain_http", False, _flag,
            "Send keys over http:// to other machines too: only in a network you trust."),
    Setting("allowed_hosts", "AI_MEMORY_ALLOWED_HOSTS", "allowed_hosts", (), _names,
            "Host names besides the loopback's that requests may name; `name:port` for a page's."),
    Setting("embedder", "AI_MEMORY_EMBEDDER", "embedding.provider", "minilm", _one_of(*EMBEDDERS),
            "What makes vectors: minilm, e5, onnx, openai, ollama, none."),
    Setting("embedding_model", "AI_MEMORY_EMBEDDING_MODEL", "embedding.model", None, _text,
            "Model name for openai and ollama."),
    Setting("embedding_url", "AI_MEMORY_EMBEDDING_URL", "embedding.url", None, _url,
            "Base URL for openai and ollama."),
    Setting("embedding_api_key", "AI_MEMORY_EMBEDDING_API_KEY", "embedding.api_key", None, _text,
            "Key for an OpenAI-compatible endpoint.", secret=True),
    Setting("embedding_path", "AI_MEMORY_EMBEDDING_PATH", "embedding.path", None, _path,
            "Folder of an ONNX model."),
    Setting("embedding_dim", "AI_MEMORY_EMBEDDING_DIM", "embedding.dim", None, _whole(1, 65_536),
            "Dimension, where it must be asked for."),
    Setting("reranker_path", "AI_MEMORY_RERANKER_PATH", "reranker.path", None, _path,
            "Folder of an ONNX cross-encoder; used at the autonomous level."),
    Setting("rerank_timeout_ms", "AI_MEMORY_RERANK_TIMEOUT_MS", "reranker.timeout_ms", 1_000,
            _whole(1, 60_000), "What a recall waits for it; then the lexical order stands."),
    Setting("llm", "AI_MEMORY_LLM", "llm.provider", "ollama", _one_of(*LANGUAGE_MODELS),
            "The language model of the smart and autonomous levels: ollama, openai, none."),
    Setting("llm_model", "AI_MEMORY_LLM_MODEL", "llm.model", None, _text,
            "Its name; for ollama gemma4:e2b (smart) or gemma4:e4b (autonomous) unless given.",
            also="llm_model"),
    Setting("llm_url", "AI_MEMORY_LLM_URL", "llm.url", None, _url,
            "Base URL for ollama and openai.", also="ollama_url"),
    Setting("llm_api_key", "AI_MEMORY_LLM_API_KEY", "llm.api_key", None, _text,
            "Key for an OpenAI-compatible endpoint.", secret=True),
    Setting("llm_timeout_secs", "AI_MEMORY_LLM_TIMEOUT_SECS", "llm.timeout_secs", 60,
            _whole(1, 3_600), "What one answer may take."),
    Setting("llm_concurrency", "AI_MEMORY_LLM_CONCURRENCY", "llm.concurrency", 2,
            _whole(1, 64), "How many questions it is asked at once."),
    Setting("curator_interval_secs", "AI_MEMORY_CURATOR_INTERVAL_SECS", "curator.interval_secs",
            limits.CURATOR_SECS, _interval,
            "From one round of the curator to the next, at the autonomous level; 0: off."),
    Setting("curator_max_ops", "AI_MEMORY_CURATOR_MAX_OPS", "curator.max_ops",
            limits.CURATOR_OPS, _whole(1, 100_000), "Memories that one round works on."),
    Setting("curator_max_secs", "AI_MEMORY_CURATOR_MAX_SECS", "curator.max_secs",
            limits.CURATOR_RUN_SECS, _whole(1, 86_400), "What one round may take."),
    Setting("cache_dir", "AI_MEMORY_CACHE_DIR", "cache_dir", default_cache_dir, _path,
            "Where the converted model is kept."),
    Setting("short_ttl_secs", "AI_MEMORY_SHORT_TTL_SECS", "ttl.short_ttl_secs",
            limits.SHORT_TTL_SECS, _whole(-_TTL_MAX, _TTL_MAX), "Life of short memories."),
    Setting("mid_ttl_secs", "AI_MEMORY_MID_TTL_SECS", "ttl.mid_ttl_secs",
            limits.MID_TTL_SECS, _whole(-_TTL_MAX, _TTL_MAX), "Life of mid memories."),
    Setting("long_ttl_secs", "AI_MEMORY_LONG_TTL_SECS", "ttl.long_ttl_secs",
            0, _whole(-_TTL_MAX, _TTL_MAX), "Life of long memories; 0: for good."),
    Setting("short_extend_secs", "AI_MEMORY_SHORT_EXTEND_SECS", "ttl.short_extend_secs",
            limits.SHORT_EXTEND_SECS, _whole(0, _TTL_MAX), "What a recall adds to a short one."),
    Setting("mid_extend_secs", "AI_MEMORY_MID_EXTEND_SECS", "ttl.mid_extend_secs",
            limits.MID_EXTEND_SECS, _whole(0, _TTL_MAX), "What a recall adds to a mid one."),
    Setting("archive_max_days", "AI_MEMORY_ARCHIVE_MAX_DAYS", "archive_max_days",
            0, _whole(0, limits.OLDER_THAN_DAYS_MAX),
            "Purge what was archived longer ago than this; 0: keep it."),
    Setting("switch_interval_ms", "AI_MEMORY_SWITCH_INTERVAL_MS", "switch_interval_ms",
            0.1, _millis, "Thread switch interval of Python; 0 leaves it alone."),
)  # fmt: skip

_LATER: Final = frozenset(
    (
        "embed_url", "cross_encoder", "max_memory_mb", "archive_on_gc",
        "autonomous_hooks", "scoring", "logging", "audit", "boot",
        "permissions", "transcripts", "hooks", "subscriptions",
    )
)  # fmt: skip
"""Keys of existing users' files that mean nothing here yet; they are let be."""


def load_config(flags: Mapping[str, Any] | None = None, *, file: Path | None = None) -> Config:
    """Read flags, environment and file, in this order of precedence.

    Args:
        flags: Setting name → value; None and missing names are not set.
        file: The settings file instead of the usual one.

    Raises:
        ConfigInvalid: A setting is unknown, malformed or unsafe.
    """
    flags = {name: value for name, value in (flags or {}).items() if value is not None}
    unknown = flags.keys() - {setting.name for setting in SETTINGS}
    if unknown:
        raise ConfigInvalid(f"unknown setting '{min(unknown)}'")
    path = file if file is not None else config_file()
    skipped = file is None and bool(os.environ.get("AI_MEMORY_NO_CONFIG"))
    stored = {} if skipped else _read(path)
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for setting in SETTINGS:
        if setting.name in flags:
            value, origin = flags[setting.name], "flag"
        elif os.environ.get(setting.env):
            value, origin = os.environ[setting.env], f"env {setting.env}"
        elif setting.key in stored:
            value, origin = stored[setting.key], f"file {path}"
        elif setting.also in stored:
            value, origin = stored[setting.also], f"file {path}"
        else:
            value = setting.default() if callable(setting.default) else setting.default
            values[setting.name], origins[setting.name] = value, "default"
            continue
        try:
            values[setting.name] = setting.parse(value)
        except ValueError as cause:
            raise ConfigInvalid(
                f"{setting.name} ({origin}) {cause}", hint=setting.help, setting=setting.name
            ) from cause
        origins[setting.name] = origin
    config = Config(**values, origins=origins)
    _require_safe_keys(config)
    return config


def _read(path: Path) -> dict[str, Any]:
    """The file's settings by dotted key; an absent file has none."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as cause:
        raise ConfigInvalid(f"the settings file {path} cannot be read") from cause
    import tomllib

    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as cause:
        raise ConfigInvalid(
            f"the settings file {path} is not TOML: {cause}", hint="Correct it or move it away."
        ) from cause
    found: dict[str, Any] = {}
    known = {key for setting in SETTINGS for key in (setting.key, setting.also) if key}
    tables = {key.partition(".")[0] for key in known if "." in key}
    for key, value in tree.items():
        if isinstance(value, dict) and key in tables:
            found.update({f"{key}.{inner}": nested for inner, nested in value.items()})
        else:
            found[key] = value
    for key in found:
        if key not in known and key.partition(".")[0] not in _LATER and key != "mcp.allowlist":
            from difflib import get_close_matches

            near = get_close_matches(key, known, 1)
            raise ConfigInvalid(
                f"unknown setting '{key}' in {path}",
                hint=f"Did you mean {near[0]}?" if near else "`ai-memory config` lists them all.",
                setting=key,
            )
    return found


def require_safe_bind(config: Config) -> None:
    """Refuse to listen beyond this machine without a key.

    Raises:
        ConfigInvalid: The address is not loopback and no api_key is set.
    """
    if config.api_key is None and not is_loopback(config.host):
        raise ConfigInvalid(
            f"refusing to listen on {config.host} without an API key",
            hint="Set AI_MEMORY_API_KEY (or api_key in the settings file), or bind 127.0.0.1.",
            setting="bind",
        )


def _require_safe_keys(config: Config) -> None:
    """Refuse to send a key over an unencrypted connection to another machine.

    Raises:
        ConfigInvalid: An endpoint with a key is `http://` and not on this machine.
    """
    for service in ("embedding", "llm"):
        key = getattr(config, f"{service}_api_key")
        if key is not None:
            require_safe_key(
                config, f"{service}_api_key", getattr(config, f"{service}_url"), f"{service}_url"
            )


def require_safe_key(config: Config, key: str, url: str | None, setting: str) -> None:
    """Refuse to send a key over an unencrypted connection to another machine.

    A name other than the loopback's is another machine: who answers to it may change.

    Args:
        config: Whether its owner allows that.
        key: What the key is called.
        url: Where it would go.
        setting: What names that address.

    Raises:
        ConfigInvalid: The address is `http://` and not on this machine.
    """
    parts = urlsplit(url or "")
    if parts.scheme == "http" and not is_loopback(parts.hostname or "") and not config.plain_http:
        raise ConfigInvalid(
            f"refusing to send {key} to {parts.hostname} unencrypted",
            hint=f"Give {setting} as https://, or leave the key away; in a network you trust, "
            "AI_MEMORY_PLAIN_HTTP=1 allows it.",
            setting=setting,
        )


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine's own."""
    if host.lower() in _LOOPBACK_NAMES:
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def platform_note() -> str:
    """Python and platform, for doctor."""
    return f"Python {sys.version.split()[0]} on {sys.platform}"
