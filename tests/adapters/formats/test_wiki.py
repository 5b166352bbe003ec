"""What a note refers to."""

from __future__ import annotations

import pytest

from ai_memory.adapters.formats.wiki import Reference, outline

NOTE = """\
# Coffee #

See [[Tea Notes|tea]] and [[specs/Search#Goals]], ![[pic.png]] or [the plan](My%20Plan.md).

```
# no heading, no [[link]], no #tag
```

`[[code]]` and #drinks/hot (#a, not#b or #12), http://x.org/#c

- [tip] Grind fine #grind
- relates_to [[Bean Origins]]
- a longer remark on [[Water]]

## Relations

- pairs with: [[Cake]] (often)
- supersedes [[Old]] <!-- an id -->

### Of people
- made by [[Ada]]

## Else
- [ ] ask [[Bob]]
"""


def test_a_note() -> None:
    found = outline(NOTE)
    assert found.heading == "Coffee"
    assert found.tags == ("drinks/hot", "a")
    assert found.references == (
        Reference("Tea Notes"),
        Reference("specs/Search"),
        Reference("pic.png", embedded=True),
        Reference("My Plan.md"),
        Reference("Bean Origins", "relates_to"),
        Reference("Water"),
        Reference("Cake", "pairs with"),
        Reference("Old", "supersedes", marked_id="an id"),
        Reference("Ada", "made by"),
        Reference("Bob"),
    )


@pytest.mark.parametrize(
    "text",
    [
        "[[",
        "]]",
        "[[]]",
        "[[ | ]]",
        "[[#Heading]]",
        "](",
        "[a](http://x.org/a.md)",
        "[[a\nb]]",
        "#",
        "# ",
    ],
)
def test_what_refers_to_nothing(text: str) -> None:
    assert outline(text) == ("", (), ())


def test_a_link_in_a_table() -> None:
    assert outline(r"| [[Note\|shown]] | b |").references == (Reference("Note"),)
