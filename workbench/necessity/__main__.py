"""Started by `python -m claims necessity`, which says what the words of a request mean."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Sequence

from claims import PROFILES, Options
from claims.explore.asking import claim_of
from claims.explore.necessity import ClaimBrokenError, ClaimRefutedError, premise_trials
from claims.explore.necessity_told import as_json, closing, premise_lines
from claims.locate import NotFoundError
from workbench.necessity.breaking import breakers

FINE, REFUTED, UNDECIDED, COULD_NOT_RUN = 0, 1, 2, 3


def main(words: Sequence[str]) -> int:
    """Answer one request, a JSON object.

    Returns:
        0 every premise is shown to be needed; 1 the claim is refuted with all of them; 2 some are
        not shown to be needed; 3 could not run.
    """
    asked = json.loads(words[0])
    try:
        claim = claim_of(asked["target"])
        options = Options(PROFILES["quick"], salt=asked["salt"], examples=asked["instances"])
        trials = []
        for trial in premise_trials(claim, options, breakers, seconds=asked["seconds"]):
            trials.append(trial)
            if not asked["json"]:
                sys.stdout.write("\n".join(premise_lines(trial)) + "\n")
                sys.stdout.flush()
    except (NotFoundError, ClaimRefutedError, ClaimBrokenError) as error:
        sys.stderr.write(f"{error}\n")
        return REFUTED if isinstance(error, ClaimRefutedError) else COULD_NOT_RUN
    except KeyboardInterrupt:
        left = "nothing is printed" if asked["json"] else "what is printed above stands"
        sys.stderr.write(f"\nnecessity: stopped; {left}\n")
        return UNDECIDED
    except Exception:  # Python's own exit code would be 1, which means refuted
        traceback.print_exc()
        return COULD_NOT_RUN
    if not trials:
        sys.stderr.write(
            f"{claim.id}: it has no named premise to drop; name a claim whose strategies carry "
            "premises (`show` lists them) or whose body states one\n"
        )
        return COULD_NOT_RUN
    text = json.dumps(as_json(claim, trials), indent=2) if asked["json"] else closing(claim, trials)
    sys.stdout.write(f"{text}\n")
    return FINE if all(trial.status == "NEEDED" for trial in trials) else UNDECIDED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
