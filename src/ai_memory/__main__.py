"""`python -m ai_memory` is `ai-memory`."""

from __future__ import annotations

import sys

from ai_memory.faces.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
