"""WHICH OF THESE ANSWERS IT? Rerankers: models that read question and passage together.

One kind so far: a cross-encoder as an ONNX directory, for instance an export of
ms-marco-MiniLM-L-6-v2. Opened by `compose.py` at the autonomous level when `reranker_path` is set.
"""

from ai_memory.adapters.reranker.onnx_cross_encoder import OnnxCrossEncoder, RerankerRefused

__all__ = ["OnnxCrossEncoder", "RerankerRefused"]
