"""The eval end to end: the small dialogue always, the real data where it is."""

from __future__ import annotations

import json
import os
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from ai_memory.errors import EmbedderUnavailable, ValidationFailed
from ai_memory.measure.cli import main_eval
from ai_memory.measure.eval import ablation, collection
from ai_memory.operations import recall_memories
from ai_memory.retrieval import relevance

SMALL = Path(__file__).parents[2] / "data"
DATA = Path(os.environ.get("DATA", Path(__file__).parents[4] / "shared" / "data"))
METRICS = ["r@1", "any@5", "frac@5", "any@10", "mrr", "ndcg@10"]
KEYS = ["dataset", "unit", "level", "n", "skipped", *METRICS, "p50_ms", "p95_ms",
        "tokens_returned", "false_recall", "floor", "levels", "parts", "categories"]  # fmt: skip


def evaluate(capsys: pytest.CaptureFixture[str], dataset: str, path: Path, *argv: str) -> Any:
    words = ["retrieval", "--dataset", dataset, "--path", str(path), "--json", *argv]
    assert main_eval(words) == 0
    return json.loads(capsys.readouterr().out)


def real(name: str) -> Path:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"NOT MEASURED: {name} is not in {DATA}; name its folder with DATA=…")
    return path


def test_the_small_dialogue(capsys: pytest.CaptureFixture[str]) -> None:
    found = evaluate(capsys, "locomo", SMALL / "dialogue.json", "--tier", "keyword")
    assert list(found) == KEYS
    assert {key: found[key] for key in KEYS[:5]} == {
        "dataset": "locomo", "unit": "session", "level": "keyword", "n": 15, "skipped": 2,
    }  # fmt: skip
    for metric in METRICS:
        assert 0 <= found[metric]["low"] <= found[metric]["mean"] <= found[metric]["high"] <= 1
    assert found["any@5"]["mean"] >= 0.9
    assert list(found["levels"]) == ["keyword"]
    assert found["levels"]["keyword"]["r@1"] == found["r@1"]
    assert found["levels"]["keyword"]["recall_limit"] == 50
    assert sum(category["n"] for category in found["categories"].values()) == 15
    assert found["tokens_returned"] > 0
    assert 0 < found["p50_ms"] <= found["p95_ms"]


def test_recall_is_shown_beside_its_parts(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AI_MEMORY_EMBEDDER", "hashing")
    words = ["--tier", "semantic", "--levels", "all"]
    found = evaluate(capsys, "locomo", SMALL / "dialogue.json", *words)
    assert list(found["parts"]) == ["FTS5", "BM25", "vectors"]
    assert found["parts"]["FTS5"]["any@5"]["mean"] >= 0.8
    assert found["parts"]["BM25"]["detail"].startswith("k1 ")
    assert list(found["levels"]["semantic"]["minus_parts"]) == ["FTS5", "BM25", "vectors"]
    assert list(found["levels"]["keyword"]["minus_parts"]) == ["FTS5", "BM25"]
    assert list(found["levels"]["keyword"]["ranks"]) == [str(place) for place in range(1, 16)]
    for level in found["levels"].values():
        first = [rank == 1 for rank in level["ranks"].values()]
        assert sum(first) / 15 == pytest.approx(level["r@1"]["mean"], abs=1e-4)
        for part, gains in level["minus_parts"].items():
            for metric, gain in gains.items():
                alone = found["parts"][part][metric]["mean"]
                assert gain["mean"] == pytest.approx(level[metric]["mean"] - alone, abs=2e-4)


def test_a_check_fails_where_recall_is_below_a_part(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["retrieval", "--dataset", "trec", "--path", str(SMALL / "cranfield")]
    words += ["--tier", "keyword", "--check"]
    assert main_eval(words) == 0
    assert "keyword − FTS5 alone" in capsys.readouterr().out
    monkeypatch.setattr(recall_memories, "shown", lambda _asked, hits, _texts: [False] * len(hits))
    assert main_eval(words) == 1
    assert "level keyword, any@5: -" in capsys.readouterr().err


def test_what_nothing_answers_is_judged_by_its_kind(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = ["--tier", "keyword", "--output", str(tmp_path)]
    found = evaluate(capsys, "cases", SMALL / "cases" / "small.json", *words)
    confidence = found["levels"]["keyword"]["confidence"]
    assert {kind: given["n"] for kind, given in confidence.items()} == {
        "answerable": 3, "unknown fact": 1, "unknown name": 1,
    }  # fmt: skip
    assert confidence["answerable"]["answered"]["mean"] == 1
    assert confidence["unknown fact"]["answered"]["mean"] == 1  # the lamp is there, its age is not
    assert confidence["unknown name"]["answered"]["mean"] == 0
    for given in confidence.values():
        assert given["confident"]["mean"] <= given["answered"]["mean"]
    floor = found["floor"]
    assert floor["default"].keys() == {"unknown fact", "unknown name"}
    assert "false_recall" not in found
    for earlier, later in pairwise(floor["curve"]):
        assert later["unknown fact"]["mean"] <= earlier["unknown fact"]["mean"]
    lines = ET.parse(tmp_path / "eval-small-unit-keyword-floor.svg").getroot()
    assert {"unknown fact", "unknown name"} <= {element.text for element in lines.iter()}


def test_what_changed_is_judged_by_what_is_true_now(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "homes.json"
    ghent, antwerp, lamp = (
        {"unit": name, "content": content, "created_at": f"2024-0{month}-01T08:00:00Z"}
        for month, name, content in (
            (3, "ghent", "Marta lives in Ghent."),
            (1, "antwerp", "Marta lives in Antwerp."),
            (2, "lamp", "The lamp in the hall is broken."),
        )
    )
    about_lamp = {"text": "Is the lamp in the hall broken?", "gold": ["lamp"]}

    def judged(gold: str, avoid: list[str]) -> Any:
        asked = {"text": "Where does Marta live?", "gold": [gold], "avoid": avoid}
        cases = {"memories": [ghent, antwerp, lamp], "questions": [asked, about_lamp]}
        path.write_text(json.dumps(cases))
        return evaluate(capsys, "cases", path, "--tier", "keyword")["levels"]["keyword"]

    right = judged("ghent", ["antwerp"])["changes"]
    assert (right["n"], right["mistold"]["n"]) == (1, 2)
    assert [right[name]["mean"] for name in ("current_first", "told", "mistold")] == [1, 1, 0]
    assert judged("antwerp", ["ghent"])["changes"]["current_first"]["mean"] == 0
    # To a set that holds both for true, the same mark is a mistake.
    wrong = judged("ghent", ["lamp"])["changes"]
    assert [wrong[name]["mean"] for name in ("current_first", "told", "mistold")] == [1, 0, 0.5]
    assert "changes" not in judged("ghent", [])


def test_all_own_sets_in_one_command(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cases = SMALL / "cases"
    small = {"short": cases / "small.json", "included": cases / "included.json"}
    monkeypatch.setattr(collection, "own_sets", lambda: small)
    words = ["retrieval", "--dataset", "own", "--tier", "keyword", "--output", str(tmp_path)]
    assert main_eval([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found["sets"]) == ["short", "included"]
    assert found["sets"]["included"]["n"] == 1
    assert main_eval([*words, "--ablate"]) == 0
    shown = capsys.readouterr().out
    assert "points of R@1 and any@5 that it adds" in shown
    assert "short, keyword, unknown name (n = 1)" in shown
    assert "included − short, keyword, on the 1 questions of both: R@1" in shown
    assert (tmp_path / "eval-own-keyword.md").read_text().startswith("|  | n | R@1 |")
    with pytest.raises(ValidationFailed, match="own takes no --path"):
        main_eval([*words, "--path", "x"])
    with pytest.raises(ValidationFailed, match="is read from a file"):
        main_eval(["retrieval", "--dataset", "xquad", "--tier", "keyword"])


def test_a_finer_unit_is_another_task(capsys: pytest.CaptureFixture[str]) -> None:
    path = SMALL / "dialogue.json"
    found = evaluate(capsys, "locomo", path, "--tier", "keyword", "--unit", "turn")
    assert found["unit"] == "turn"
    # Ten turns are fewer words than ten sessions.
    sessions = evaluate(capsys, "locomo", path, "--tier", "keyword")
    assert found["tokens_returned"] < sessions["tokens_returned"]


def test_the_same_twice_is_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    """No clock, no touch and no leftover of the first run moves a figure."""
    runs = [
        evaluate(capsys, "locomo", SMALL / "dialogue.json", "--tier", "keyword", "--unit", "turn")
        for _ in range(2)
    ]
    assert [{metric: run[metric] for metric in METRICS} for run in runs[:1]] == [
        {metric: run[metric] for metric in METRICS} for run in runs[1:]
    ]


@pytest.mark.parametrize(
    ("dataset", "path", "unit"),
    [
        ("realtalk", "dialogue.json", "session"),
        ("xquad", "xquad.json", "paragraph"),
        ("beir", "beir", "document"),
        ("trec", "cranfield", "document"),
        ("trec", "cranfield-xml", "document"),
        ("cases", "cases/small.json", "unit"),
    ],
)
def test_every_data_set(
    dataset: str, path: str, unit: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = evaluate(capsys, dataset, SMALL / path, "--tier", "keyword")
    assert (found["dataset"], found["unit"]) == ("small" if dataset == "cases" else dataset, unit)
    assert found["n"] > 0
    assert found["any@10"]["mean"] > 0


def test_the_questions_of_one_file_are_asked_of_the_text_of_another(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    cases = SMALL / "cases"
    words = ["--tier", "keyword", "--questions"]
    found = evaluate(capsys, "cases", cases / "small.json", *words, str(cases / "included.json"))
    assert (found["n"], found["skipped"], found["r@1"]["mean"]) == (1, 0, 1)
    strange = tmp_path / "strange.json"
    strange.write_text((cases / "included.json").read_text().replace("q1", "q99"))
    with pytest.raises(ValidationFailed, match="no question of"):
        evaluate(capsys, "cases", cases / "small.json", *words, str(strange))


def test_all_levels_compare_with_and_without_vectors(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AI_MEMORY_EMBEDDER", "hashing")
    words = ["--tier", "semantic", "--levels", "all", "--output", str(tmp_path / "made")]
    found = evaluate(capsys, "locomo", SMALL / "dialogue.json", *words)
    assert found["level"] == "semantic"
    assert list(found["levels"]) == ["semantic", "keyword"]
    semantic, keyword = found["levels"].values()
    assert list(semantic["hybrid_minus_keyword"]) == ["r@1", "any@5"]
    assert "hybrid_minus_keyword" not in keyword
    gain = semantic["hybrid_minus_keyword"]["r@1"]["mean"]
    assert gain == pytest.approx(semantic["r@1"]["mean"] - keyword["r@1"]["mean"], abs=2e-4)
    name = "eval-locomo-session-semantic"
    assert json.loads((tmp_path / "made" / f"{name}.json").read_text()) == found
    plot = ET.parse(tmp_path / "made" / f"{name}.svg").getroot()
    assert "semantic" in {element.text for element in plot.iter()}


def test_an_ablation_takes_each_ingredient_out_and_puts_it_back(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # On so small a dialogue no ingredient is missed; so all is kept back.
    kept_back = (recall_memories, "shown", lambda _asked, hits, _texts: [False] * len(hits))
    nothing = [ablation.Swap(*kept_back)]
    known = list(ablation.INGREDIENTS)
    monkeypatch.setattr(ablation, "INGREDIENTS", {"all": nothing, **ablation.INGREDIENTS})
    path = SMALL / "dialogue.json"
    found = evaluate(capsys, "locomo", path, "--tier", "keyword", "--ablate")
    assert list(found) == [*KEYS, "ablation"]
    assert list(found["ablation"]) == ["all", *known]
    assert found["ablation"]["all"] == {metric: found[metric] for metric in METRICS}
    assert all(list(gains) == METRICS for gains in found["ablation"].values())
    assert vars(recall_memories)["shown"] is relevance.shown


def test_the_keyword_level_does_not_depend_on_what_ran_before_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked after the semantic level, of the same store, whose vectors and touches it has."""
    monkeypatch.setenv("AI_MEMORY_EMBEDDER", "hashing")
    path = SMALL / "dialogue.json"
    alone = evaluate(capsys, "locomo", path, "--tier", "keyword", "--unit", "turn")
    after = evaluate(
        capsys, "locomo", path, "--tier", "semantic", "--levels", "all", "--unit", "turn"
    )
    assert {metric: after["levels"]["keyword"][metric] for metric in METRICS} == {
        metric: alone[metric] for metric in METRICS
    }


def test_people_get_a_table_and_a_plot(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plot = tmp_path / "plots" / "small.svg"
    words = ["retrieval", "--dataset", "locomo", "--path", str(SMALL / "dialogue.json")]
    assert (
        main_eval([*words, "--tier", "keyword", "--limit-questions", "5", "--plot", str(plot)]) == 0
    )
    shown = capsys.readouterr().out
    for text in ("unit session", "level keyword", "5 questions", "2 skipped", "R@1", "limit 50"):
        assert text in shown
    ET.parse(plot)


def test_a_kept_store_is_filled_once_and_serves_the_levels_below(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AI_MEMORY_EMBEDDER", "hashing")
    path, keep = tmp_path / "dialogue.json", tmp_path / "kept"
    path.write_bytes((SMALL / "dialogue.json").read_bytes())
    words = ["--keep", str(keep)]
    made = evaluate(capsys, "locomo", path, "--tier", "semantic", "--levels", "all", *words)
    (store,) = keep.iterdir()
    (store / "mine").touch()
    again = evaluate(capsys, "locomo", path, "--tier", "semantic", *words)
    below = evaluate(capsys, "locomo", path, "--tier", "keyword", *words)
    assert [store] == list(keep.iterdir())
    assert (store / "mine").exists()
    for metric in METRICS:
        assert again[metric] == made[metric]
        assert below[metric] == made["levels"]["keyword"][metric]
    # Other memories are another store.
    path.write_text(path.read_text().replace('session_1"', 'session_91"'))
    evaluate(capsys, "locomo", path, "--tier", "keyword", *words)
    assert len(list(keep.iterdir())) == 2


def test_a_level_without_its_embedder_is_not_measured_as_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AI_MEMORY_EMBEDDER", "none")
    words = ["retrieval", "--dataset", "locomo", "--path", str(SMALL / "dialogue.json")]
    for more in ([], ["--keep", str(tmp_path)]):
        with pytest.raises(EmbedderUnavailable, match="level semantic cannot be measured"):
            main_eval([*words, "--tier", "semantic", *more])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "argv", [[], ["--dataset", "sonnets"], ["--limit-questions", "0"], ["--split", "test"]]
)
def test_a_wrong_word_is_refused(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    given = ["retrieval", *argv] + (["--path", "x"] if argv else [])
    with pytest.raises(SystemExit) as leave:
        main_eval(given)
    assert leave.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_a_path_that_is_not_there_is_an_error_of_ours(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.json")
    with pytest.raises(ValidationFailed):
        main_eval(["retrieval", "--dataset", "locomo", "--path", missing, "--tier", "keyword"])


def test_an_output_that_cannot_be_written_is_refused_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    words = ["retrieval", "--dataset", "locomo", "--path", "never opened"]
    with pytest.raises(ValidationFailed, match="cannot be written"):
        main_eval([*words, "--output", str(tmp_path / "file")])


# What the project promises of its retrieval, on data that is not in the repository.


@pytest.mark.slow
@pytest.mark.parametrize(
    ("dataset", "name", "least"),
    [
        ("locomo", "locomo_dev.json", {"any@5": 0.94, "r@1": 0.73}),
        ("xquad", "xquad_zh.json", {"any@5": 0.97}),
    ],
)
def test_retrieval_on_the_real_data(
    dataset: str, name: str, least: dict[str, float], capsys: pytest.CaptureFixture[str]
) -> None:
    found = evaluate(capsys, dataset, real(name), "--tier", "semantic", "--levels", "all")
    for level, figures in found["levels"].items():
        for metric, bound in least.items():
            assert figures[metric]["mean"] >= bound, f"{metric} at level {level}"
    # Vectors may be worth little on a data set; they must not cost anything.
    for metric, gain in found["levels"]["semantic"]["hybrid_minus_keyword"].items():
        assert gain["high"] >= 0, f"{metric} is worse with vectors than without"
