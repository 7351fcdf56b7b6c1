"""``python -m tests.node.cleanup``: take away what killed runs left: processes, mounts, loop devices, folders.

Only folders of labs whose owner is gone are touched; exit status 1 when something of them could not be taken away.
"""

from __future__ import annotations

import sys

from tests.node import leftovers


def main() -> int:
    """Go through all labs' folders and say what was done with each."""
    status = 0
    for folder in sorted(leftovers.parent().glob(f"{leftovers.PREFIX}*")):
        lives = leftovers.owner_lives(folder)
        if lives is None:
            print(f"{folder}: does not say who made it, left alone")
        elif lives:
            print(f"{folder}: in use")
        else:
            rest = leftovers.remove(folder)
            print(f"{folder}: removed" if not rest else f"{folder}: not all could be removed: {'; '.join(rest)}")
            status = 1 if rest else status
    return status


if __name__ == "__main__":
    sys.exit(main())
