"""The Graph / Marketing API: one client, its limits, and the simulator that stands in for Meta."""

import sys
from typing import Any

# httpx brings a command line of its own, with Rich and Pygments: two thirds of its import. Without that module it does
# as it does where they are not installed.
_modules: dict[str, Any] = sys.modules
_modules.setdefault("httpx._main", None)
