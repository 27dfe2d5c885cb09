"""Started by `python -m claims scaling` and `calibrate --data`, which explain the words."""

from __future__ import annotations

import importlib
import json
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from claims.claim import Claim
from claims.explore.asking import answer, calibrate, claim_of, constant_of
from claims.locate import NotFoundError
from workbench.scaling.data import words as data_words
from workbench.scaling.measured import Point, Question, measured
from workbench.scaling.points import base, constant_for, grid, letter_of, origin
from workbench.scaling.told import as_json, as_text, complete

FINE, UNDECIDED, COULD_NOT_RUN = 0, 2, 3


def main(words: Sequence[str]) -> int:
    """Answer one request, a JSON object.

    Returns:
        0 every point has both ends; 2 one has not; 3 could not run.
    """
    asked = json.loads(words[0])
    try:
        claim = claim_of(asked["target"])
        run = _calibrate if asked["question"] == "calibrate" else _scale
        text, code = run(claim, asked)
    except KeyboardInterrupt:
        sys.stderr.write(f"\n{asked['question']}: stopped before anything was measured\n")
        return UNDECIDED
    except (NotFoundError, ValueError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return COULD_NOT_RUN
    except Exception:  # Python's own exit code would be 1, which means refuted
        traceback.print_exc()
        return COULD_NOT_RUN
    sys.stdout.write(f"{text}\n")
    return code


def _calibrate(claim: Claim, asked: Mapping[str, Any]) -> tuple[str, int]:
    values = base(claim, {**asked, "set": {}, "at": None, "family": "orthonormal"})
    told = {**asked, "origin": data_words(asked["data"], "", asked["samples"])}
    return answer(*calibrate(claim, told, [values]), told)


def _scale(claim: Claim, asked: Mapping[str, Any]) -> tuple[str, int]:
    question, placed = _question(claim, asked)
    points: list[Point] = []
    ended = ""
    try:
        for point in measured(question, placed):
            points.append(point)
            sys.stderr.write(f"{point.label}: done, {point.calibration.seconds:.0f} s\n")
    except ValueError as error:  # what is measured so far is told all the same
        ended = f"{placed[len(points)][0]}: {error}"
        if not points:
            raise NotFoundError(ended) from error
    except KeyboardInterrupt:
        if not points:
            raise
        ended = f"{placed[len(points)][0]}: stopped by hand"
    if asked["plot"] is not None:
        # matplotlib takes half a second, and is asked for rarely.
        picture = importlib.import_module("workbench.scaling.picture")
        picture.drawn(question, points, Path(asked["plot"]))
    code = FINE if complete(points) and not ended else UNDECIDED
    if asked["json"]:
        return json.dumps(as_json(question, points, origin(asked), ended), indent=2), code
    return "\n".join(as_text(question, points, origin(asked), ended)), code


def _question(claim: Claim, asked: Mapping[str, Any]) -> tuple[Question, list[Any]]:
    constant = asked["constant"]
    if constant is not None:
        constant_of(claim, constant)
    placed = grid(claim, asked)
    values = placed[-1][2]
    letter = letter_of(claim, constant, values, asked["quantity"])
    if constant is None:
        constant = constant_for(claim, letter, values)
    return Question(claim, constant, letter, asked), placed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
