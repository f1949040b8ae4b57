"""`python -m metaads_cli` and the command `metaads`."""

import sys

INTERRUPTED = 130


def main() -> None:
    try:
        from metaads_cli.streams import prepare

        prepare(sys.argv[1:])

        from metaads_cli.cli.app import app
        from metaads_cli.cli.boundary import run

        code = run(app, sys.argv[1:])
    except KeyboardInterrupt:  # while the program was still being loaded
        code = INTERRUPTED
    sys.exit(code)


if __name__ == "__main__":
    main()
