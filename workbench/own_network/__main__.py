"""Started by `python -m claims plstar`, which says what the words of a request mean."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workbench.own_network.own_file import OwnFileError, dataset, loaded, model_of, single_precision
from workbench.own_network.plstar import Answer, answer
from workbench.own_network.told import as_json, as_text, judged

FINE, REFUTED, UNDECIDED, COULD_NOT_RUN = 0, 1, 2, 3


def main(words: Sequence[str]) -> int:
    """Answer one request, a JSON object.

    Returns:
        0 measured, and the decay held; 1 the decay failed although every step had its decrease,
        which contradicts a theorem; 2 one of the two is open; 3 could not run.
    """
    asked = json.loads(words[0])
    try:
        answers = _answers(asked)
    except (OwnFileError, ValueError, RuntimeError) as error:
        sys.stderr.write(f"{error}\n")
        return COULD_NOT_RUN
    if asked["json"]:
        sys.stdout.write(json.dumps(as_json(answers), indent=2) + "\n")
    else:
        sys.stdout.write("\n".join(as_text(answers)) + "\n")
    return max(map(_code, answers))


def _answers(asked: dict[str, Any]) -> list[Answer]:
    path, name = Path(asked["file"]), asked["model"]
    file = loaded(path)
    x, y = dataset(file, path, asked["data"], asked["samples"])
    answers: list[Answer] = []
    for width in asked["widths"]:
        F = model_of(file, path, name, width, x, asked["seed"])
        if not answers and single_precision(file, name, width):
            sys.stderr.write(
                f"{path}: {name}({width}) has float32 parameters, widened to float64\n"
            )
        answers.append(answer(F, y, width=width, steps=asked["steps"], eta=asked["step_size"]))
        sys.stderr.write(f"width {width}: done\n")
    return answers


def _code(one: Answer) -> int:
    decrease, decay = judged(one.decrease), judged(one.conclusion)
    if (decrease, decay) == ("holds", "fails"):
        return REFUTED
    return UNDECIDED if "open" in (decrease, decay) else FINE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
