"""How far miglint's graph and schema are those of Django's own loader and ProjectState, on published packages."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def measure() -> dict[str, Any]:
    # The tests' own machinery, which finds its neighbours as pytest does.
    sys.path.insert(0, str(ROOT / "tests"))
    import test_corpus as graphs
    import test_corpus_schema as states
    from corpus import download
    from corpus.run import miglint

    python = download.python_with(graphs.INSTALLABLE)
    counted = {"migrations": 0, "edges": 0, "operations": 0, "models": 0, "fields": 0}
    agreed = dict.fromkeys(counted, 0)
    for package in graphs.INSTALLABLE:
        truth = graphs.loader_truth(package, python)
        labels = set(truth["labels"])
        _, answer = miglint("graph", download.tree(package))
        [graph] = [project for project in answer["projects"] if project["root"] == "."]
        nodes = {name for name in graph["nodes"] if graphs.label_of(name) in labels}
        counted["migrations"] += len({*truth["nodes"]} | nodes)
        agreed["migrations"] += len({*truth["nodes"]} & nodes)
        mine = graphs.by_label_outside([edge for edge in graph["edges"] if graphs.label_of(edge[0]) in labels], labels)
        theirs = graphs.by_label_outside(truth["edges"], labels)
        counted["edges"] += len(mine | theirs)
        agreed["edges"] += len(mine & theirs)
        read = {str(one.key): graphs.known_operations(one) for one in graphs.migrations(package)}
        counted["operations"] += sum(truth["operations"].values())
        agreed["operations"] += sum(min(count, read.get(name, 0)) for name, count in truth["operations"].items())
        _compare(states.state_truth(package, python)["end"], states, package, counted, agreed)
    for package in states.HEAVY:
        _compare(states.computed_once(package), states, package, counted, agreed)
    return {
        "graph and operations of": list(graphs.INSTALLABLE),
        "schema of": [*graphs.INSTALLABLE, *states.HEAVY],
        "agreed": agreed,
        "counted": counted,
    }


def _compare(truth: Any, states: Any, package: str, counted: dict[str, int], agreed: dict[str, int]) -> None:
    labels = {states.label_of(name) for name in truth}
    models = {name: model for name, model in states.schema(package).items() if states.label_of(name) in labels}
    for name in {*truth} | {*models}:
        counted["models"] += 1
        fields = truth.get(name, {"fields": {}})["fields"]
        counted["fields"] += len(fields)
        if name not in models or name not in truth or not models[name]["known"]:
            continue
        mine, theirs = states.ours(models[name]), states.theirs(truth[name], models[name])
        agreed["models"] += mine == theirs
        agreed["fields"] += sum(mine["fields"].get(field) == theirs["fields"][field] for field in theirs["fields"])
