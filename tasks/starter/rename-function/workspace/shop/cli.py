"""Command line: python3 -m shop.cli SOURCE."""

import sys

from . import api

# Commands are looked up by name, so that a new one needs no change here.
COMMANDS = {"show": "fetch_data", "warm": "prefetch_data"}


def run(command, source):
    return getattr(api, COMMANDS[command])(source)


def main(arguments):
    source = arguments[0] if arguments else "orders"
    for row in run("show", source):
        print(", ".join(f"{key}={value}" for key, value in row.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
