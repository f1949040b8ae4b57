"""Run `SCRIPT | loader.py` with this interpreter: a tap or source, and what loads its records."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> int:
    with subprocess.Popen([sys.executable, HERE / sys.argv[1]], stdout=subprocess.PIPE) as tap:
        loader = subprocess.run([sys.executable, HERE / "loader.py"], stdin=tap.stdout, check=False)
    return tap.returncode or loader.returncode


if __name__ == "__main__":
    sys.exit(main())
