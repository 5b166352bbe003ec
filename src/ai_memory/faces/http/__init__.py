"""HTTP: the operations under `/api/v1`, MCP under `/mcp`, figures under `/metrics`.

`routes.py` is the table, `guard.py` the door, `app.py` the way from a request to the node and back,
`server.py` the process. The one non-obvious decision: this is plain ASGI over uvicorn, without a
web framework in between. Every answer has the one error shape, also to what is not even HTTP; a
framework answers its own edges (404, 405, 413, 500) in its own way, and each would need catching.

No rule stands here: a request becomes a Command and goes to `node.execute_async`.
"""
