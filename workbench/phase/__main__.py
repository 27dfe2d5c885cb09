"""`python -m workbench.phase REQUEST`: what `python -m claims phase` asks for, as one JSON object.

{"what": "width-step", or a claim's id, "out": folder, "x" and "y": {"name", "values", "log"} or
null, "seeds": N, "data": family or null, "samples": n or null, "set": {letter: value}, "part":
text or null, "at": an instance's recipe or null, "salt": N, "level": 0.95, "json": false,
"dry_run": false}
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from claims.locate import NotFoundError
from claims.machine import hold_one_thread
from claims.report import write_atomically, write_text_atomically
from workbench.phase.drawing import as_bytes, picture
from workbench.phase.filling import UNIT_SECONDS, cells, cost, fill
from workbench.phase.journal import Journal, opened
from workbench.phase.plan import Plan
from workbench.phase.told import caption, command, contradictions, document, edge_of, table

FINE, REFUTED, UNDECIDED, COULD_NOT_RUN = 0, 1, 2, 3


def main(words: Sequence[str]) -> int:
    """Fill the map's cells, draw it, and print it.

    Returns:
        0 drawn; 1 a cell of which the theorem speaks refutes it; 2 stopped before the end; 3 could
        not run.
    """
    (told,) = words
    asked: dict[str, Any] = json.loads(told)
    hold_one_thread()
    try:
        plan = Plan.of(asked)
        total, known = cost(plan, asked["seeds"])
        sys.stderr.write(_cost_line(plan, total, known, asked["seeds"]))
        if asked["dry_run"]:
            return FINE
        with opened(Path(asked["out"]), plan) as journal:
            fill(plan, journal, asked["seeds"])
            # A folder that has more seeds than asked for shows all of them.
            most = max((counts.rows for counts in journal.cells.values()), default=0)
            return _told(plan, journal, {**asked, "seeds": max(most, asked["seeds"])})
    except OSError as error:
        why = error.strerror or str(error)
        sys.stderr.write(f"--out {asked['out']}: {why}; give a folder that can be written\n")
    except MemoryError:
        sys.stderr.write("phase: not enough memory; give fewer samples or a smaller width\n")
    except (ValueError, NotFoundError) as error:
        sys.stderr.write(f"{error}\n")
    except KeyboardInterrupt:
        sys.stderr.write("\nphase: stopped; the same command goes on from here\n")
        return UNDECIDED
    except Exception:  # Python's own exit code would be 1, which means refuted
        traceback.print_exc()
    return COULD_NOT_RUN


def _told(plan: Plan, journal: Journal, asked: Mapping[str, Any]) -> int:
    edge, level, out = edge_of(plan), asked["level"], Path(asked["out"])
    under = [*caption(plan, journal.cells, edge, asked["seeds"], level)]
    under.append(command(plan, asked["what"], asked["seeds"], level))
    figure = picture(plan, journal.cells, edge, level, under)
    write_text_atomically(out / "phase.svg", as_bytes(figure, "svg").decode())
    _write_bytes(out / "phase.png", as_bytes(figure, "png"))
    told = document(plan, journal.cells, edge, asked)
    write_atomically(out / "phase.json", told)
    if asked["json"]:
        sys.stdout.write(json.dumps(told, indent=2, allow_nan=False) + "\n")
    else:
        lines = [*under[:2], *table(plan, journal.cells, edge, level)]
        lines += [str(out / f"phase.{kind}") for kind in ("png", "svg", "json")]
        sys.stdout.write("\n".join(lines) + "\n")
    return REFUTED if contradictions(plan, journal.cells, edge) else FINE


def _write_bytes(path: Path, data: bytes) -> None:
    trial = path.with_name(f".{path.name}.trial")
    trial.write_bytes(data)
    trial.replace(path)


def _cost_line(plan: Plan, total: float, known: int, seeds: int) -> str:
    many = sum(1 for _ in cells(plan))
    told = f"phase: {plan.x.size} x {plan.y.size} cells of {plan.case.id}, {seeds} seeds"
    if not known:
        return f"{told}; no cell says what it costs\n"
    part = "" if known == many else f" ({known} of {many} cells say what they cost)"
    seconds = f"{total * UNIT_SECONDS:.0f} s or more"
    return f"{told}; cost {total:.2g} normals + flops/8{part}, {seconds}\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
