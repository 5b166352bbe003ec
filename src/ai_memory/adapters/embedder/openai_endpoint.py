"""Any server that speaks OpenAI's `/v1/embeddings`: OpenAI, TEI, vLLM, OpenRouter and more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from ai_memory.adapters.embedder.answer import require_dim, unit_vectors
from ai_memory.adapters.embedder.batcher import BatchBounds, Batcher
from ai_memory.adapters.endpoint import Endpoint, Patience
from ai_memory.ports import EmbeddingModel

if TYPE_CHECKING:
    from ai_memory.ports import Matrix

OPENAI_URL: Final = "https://api.openai.com/v1"
TEXTS_MAX: Final = 32  # what TEI accepts unless told otherwise; the others accept more
TOKENS_MAX: Final = 100_000  # of one request; OpenAI accepts 300,000


def open_openai_endpoint(
    model: str,
    *,
    url: str | None = None,
    api_key: str | None = None,
    dim: int | None = None,
    texts_max: int = TEXTS_MAX,
    patience: Patience = Patience(),
) -> Batcher:
    """Reach the endpoint.

    Args:
        model: Its name at the endpoint, under which its vectors are stored.
        url: With or without `/v1` and `/embeddings`; None for OpenAI.
        api_key: Sent as a bearer token.
        dim: The dimension; None to ask now. If the model makes longer vectors, it is told to
            shorten them (`dimensions`).
        texts_max: Texts of one request.
        patience: How long to try.

    Raises:
        EmbedderUnavailable: `dim` is None and the endpoint does not answer.
    """
    endpoint = Endpoint(_address(url or OPENAI_URL), api_key=api_key, patience=patience)
    bounds = BatchBounds(
        texts_max=texts_max,
        bulk_texts_max=texts_max,
        tokens_max=TOKENS_MAX,
        text_tokens_max=TOKENS_MAX,
    )
    try:
        return Batcher(OpenAIEncoder(endpoint, model, dim), bounds)
    except BaseException:
        endpoint.close()
        raise


class OpenAIEncoder:
    """One model of an endpoint."""

    def __init__(self, endpoint: Endpoint, name: str, dim: int | None) -> None:
        self._endpoint = endpoint
        self._name = name
        self._dimensions: int | None = None  # what the model is told to shorten its vectors to
        self._native_dim_known = dim is None
        self._model = EmbeddingModel(name, dim or self._ask(["dimension"]).shape[1])

    @property
    def model(self) -> EmbeddingModel:
        """The model's name and dimension."""
        return self._model

    def encode(self, texts: Sequence[str]) -> Matrix:
        """One batch, in order.

        Raises:
            EmbedderUnavailable: No answer, or not the one that was asked for.
        """
        rows = self._ask(texts)
        if not self._native_dim_known:
            self._native_dim_known = True
            if rows.shape[1] != self._model.dim:
                self._dimensions = self._model.dim
                rows = self._ask(texts)
        require_dim(rows, self._model.dim, self._endpoint)
        return rows

    def close(self) -> None:
        """Drop the connections; a batch that waits is interrupted."""
        self._endpoint.close()

    def _ask(self, texts: Sequence[str]) -> Matrix:
        body: dict[str, Any] = {
            "model": self._name,
            "input": [text or " " for text in texts],  # an empty one is refused
        }
        if self._dimensions is not None:
            body["dimensions"] = self._dimensions
        answer = self._endpoint.post(body)
        try:
            return unit_vectors(_in_order(answer["data"]), len(texts))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise self._endpoint.failure(f"the answer is malformed: {error}") from error


def _in_order(data: list[dict[str, Any]]) -> list[Any]:
    """The vectors by their `index`; a server may answer in any order."""
    vectors = {item.get("index", place): item["embedding"] for place, item in enumerate(data)}
    if vectors.keys() != set(range(len(data))):
        raise ValueError("its indexes are not those of the texts")
    return [vectors[place] for place in range(len(data))]


def _address(url: str) -> str:
    url = url.rstrip("/")
    if url.endswith("/embeddings"):
        return url
    has_path = "/" in url.partition("://")[2]
    return f"{url}/embeddings" if has_path else f"{url}/v1/embeddings"
