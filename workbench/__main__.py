"""`python -m workbench PACKAGE REQUEST`: how the commands start a package of this room.

Until its modules are loaded an interruption ends the process without a word; after that the
package says what it leaves behind. The one who starts it holds SIGINT back until this file runs.
"""

from __future__ import annotations

import importlib
import signal
import sys
import traceback
from collections.abc import Sequence

COULD_NOT_RUN, STOPPED = 3, 130  # the latter is what a shell says of what was interrupted


def main(words: Sequence[str]) -> int:
    """Load one package and give it the request.

    Args:
        words: a folder of this room, and what its `main` takes.

    Returns:
        Its exit code; 130 if it was interrupted and had nothing to say, 3 if it crashed.
    """
    raising = signal.default_int_handler
    heard = signal.getsignal(signal.SIGINT) is raising  # not so behind `nohup` or `&`
    signal.signal(signal.SIGINT, signal.SIG_DFL if heard else signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    try:
        room = importlib.import_module(f"workbench.{words[0]}.__main__")
        if heard:
            signal.signal(signal.SIGINT, raising)
        code: int = room.main(words[1:])
    except KeyboardInterrupt:
        return STOPPED
    except Exception:  # Python's own exit code would be 1, which means refuted
        traceback.print_exc()
        return COULD_NOT_RUN
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
