"""MCP: the registry's operations as tools, over stdio and Streamable HTTP, on the official SDK.

`server` is the protocol's side of an operation: list and call. `tool` shows a declaration as a
tool. `stdio` and `http` are the two ways in; `wire`, `opening` and `parent` serve the first.

The one non-obvious decision: over stdio the first reply must not wait for the memory. The SDK is
imported, the handshake answered, and only then the node is opened, in a thread; a call waits for it
(docs/adr/0006). So nothing in this package may import `compose`, an adapter or numpy at the top of
a module, and this file imports nothing.
"""
