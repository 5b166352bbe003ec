"""Texts of many kinds for comparing embeddings."""

from __future__ import annotations

from typing import Final

SENTENCES: Final = [
    "Ada drinks her coffee black.",
    "Grace takes milk in her tea.",
    "The deployment failed because the disk of the database server was full.",
    "Rotate the signing keys every ninety days, and keep the old ones for verification.",
    "def merge(left, right): return left if left.stamp > right.stamp else right",
    "ERROR 2026-03-04T10:11:12Z worker-7 connection reset by peer (errno=104)",
    "Last summer we hiked across the Pyrenees, slept in huts, and met a man who sold cheese.",
    "who is responsible for the billing service?",
    "yes",
    "",
    "   \n\t ",
    "Zürich, Łódź, naïve, coöperate, Ελλάδα, Москва",
    "我们昨天决定把数据库迁移到新的服务器。",
    "東京の会議は午後三時に始まります。",
    "회의는 내일 아침 아홉 시에 시작합니다.",
    "اجتماع الفريق يوم الأحد",
    "🎉🚀 shipped it 👩‍💻👍🏽",
    "x" * 5_000,
    "supercalifragilistic " * 400,
    "The committee discussed the budget, the roof, the garden and the summer party. " * 60,
]
