"""`python -m metaads_cli` and the command `metaads`."""

import sys


def main() -> None:
    from metaads_cli.cli.app import app
    from metaads_cli.cli.boundary import run

    sys.exit(run(app, sys.argv[1:]))


if __name__ == "__main__":
    main()
