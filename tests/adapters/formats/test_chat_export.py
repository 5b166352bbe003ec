"""What stands in chat exports beside plain words: kept where it says something, else named."""

from __future__ import annotations

import io
import json
from typing import Any

from tests.adapters.formats.test_bundle import contents, left_out

from ai_memory.adapters.formats import RecordStream, open_records


def opened(value: object) -> RecordStream:
    return open_records(io.BytesIO(json.dumps(value).encode()))


def test_blocks_attachments_and_branches_of_claude() -> None:
    messages = [
        {"uuid": "1", "sender": "human", "content": [{"type": "text", "text": "  def f():\n"}],
         "attachments": [{"file_name": "a.txt", "extracted_content": "inside"},
                         {"file_name": "b.pdf"}],
         "files": [{"file_name": "a.txt"}, {"file_name": "photo.png"}]},
        {"uuid": "2", "parent_message_uuid": "1", "sender": "assistant", "text": "placeholder",
         "content": [
             {"type": "thinking", "thinking": "hm"},
             {"type": "tool_use", "name": "web_search", "input": {"query": "q"}},
             {"type": "tool_result", "content": []},
             {"type": "tool_use", "name": "artifacts",
              "input": {"command": "create", "title": "Plan", "content": "Step 1"}},
             {"type": "text", "text": "Done."}]},
        {"uuid": "3", "parent_message_uuid": "1", "sender": "assistant", "text": "never seen"},
    ]  # fmt: skip
    talk = {
        "uuid": "c",
        "name": "Talk",
        "chat_messages": messages,
        "current_leaf_message_uuid": "2",
    }
    stream = opened([talk])
    assert contents(stream) == {
        "Talk": "[user]:   def f():\n[attachment: a.txt]\ninside\n[attachment: b.pdf]\n"
        "[file: photo.png]\n[assistant]: [artifact: Plan]\nStep 1\nDone."
    }
    assert left_out(stream) == {
        "message of an abandoned branch": ["Talk"],
        "file without text in the export": ["b.pdf (Talk)", "photo.png (Talk)"],
        "thinking of the assistant": ["Talk"],
        "tool call": ["Talk"],
        "result of a tool": ["Talk"],
    }


def node(
    key: str, role: str, content: dict[str, Any], parent: str | None, recipient: str = "all"
) -> dict[str, Any]:
    message = {"author": {"role": role}, "content": content, "recipient": recipient}
    return {key: {"parent": parent, "children": [], "message": message}}


def test_parts_tools_and_what_chatgpt_knows() -> None:
    profile = {"content_type": "user_editable_context", "user_profile": "A baker.",
               "user_instructions": "Be brief."}  # fmt: skip
    picture = {"content_type": "multimodal_text", "parts": [
        {"content_type": "image_asset_pointer", "asset_pointer": "x"}, "What is it?",
        {"content_type": "audio_transcription", "text": "spoken"}]}  # fmt: skip
    canvas = json.dumps({"name": "Recipe", "type": "document", "content": "Flour."})
    mapping = {
        **node("a", "user", profile, None),
        **node("b", "user", picture, "a"),
        **node("c", "assistant", {"content_type": "thoughts", "thoughts": []}, "b"),
        **node("d", "assistant", {"content_type": "code", "text": "print(7)"}, "c", "python"),
        **node("e", "tool", {"content_type": "execution_output", "text": "7"}, "d"),
        **node("f", "assistant", {"content_type": "text", "parts": ["Has a cat."]}, "e", "bio"),
        **node("g", "assistant", {"content_type": "code", "text": canvas}, "f",
               "canmore.create_textdoc"),
        **node("h", "assistant", {"content_type": "text", "parts": ["Bread."]}, "g"),
    }  # fmt: skip
    mapping["b"]["message"]["metadata"] = {"attachments": [{"name": "bread.pdf"}]}
    talk = {"title": "Bread", "mapping": mapping, "current_node": "h", "create_time": 1700000000}
    stream = opened([{**talk, "id": "1"}, {**talk, "id": "2", "title": "Again"}])
    assert contents(stream) == {
        "Bread": "[user]: What is it?\nspoken\n[file: bread.pdf]\n"
        "[assistant]: [canvas: Recipe]\nFlour.\n[assistant]: Bread.",
        "Again": "[user]: What is it?\nspoken\n[file: bread.pdf]\n"
        "[assistant]: [canvas: Recipe]\nFlour.\n[assistant]: Bread.",
        "About me, as ChatGPT was told": "A baker.",
        "How ChatGPT was asked to answer": "Be brief.",
        "Has a cat.": "Has a cat.",
    }
    assert left_out(stream).keys() == {
        "image", "file without text in the export", "thinking of the assistant", "tool call",
        "result of a tool",
    }  # fmt: skip
