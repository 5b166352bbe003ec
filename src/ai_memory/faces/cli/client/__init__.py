"""The MCP clients `ai-memory install` knows, and how their settings files are edited.

Editing is pure: text in, text out. An edit touches our own entry and nothing else, is told by the
same rule whether it is there already, and can be taken back.
"""
