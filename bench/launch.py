"""Run a command and write what it used, as JSON. A small process does it: a child's peak begins with its parent's."""

import json
import os
import sys
import time
from pathlib import Path

started = time.perf_counter()
child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
used = {
    "wall": time.perf_counter() - started,
    "cpu": usage.ru_utime + usage.ru_stime,
    "peak_kb": usage.ru_maxrss,
    "code": os.waitstatus_to_exitcode(status),
}
Path(sys.argv[1]).write_text(json.dumps(used))
