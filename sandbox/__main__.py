"""The command line of the sandbox: ``up`` serves the CRMs, ``world`` writes a world, ``coverage`` lists the routes."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from sandbox.app import CRMS, DEFAULT_NOW, DEFAULT_SEED, Sandbox, makers
from sandbox.control import HELD_SIZES, parse_time
from sandbox.frame import BadOrderError, Options
from sandbox.generate import SIZES
from sandbox.rawtables import FORMATS
from sandbox.serve import Server, bind, url_of


def _moment(text: str) -> datetime:
    try:
        return parse_time(text)
    except BadOrderError as wrong:
        raise argparse.ArgumentTypeError(str(wrong)) from wrong


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="serve the pretend CRMs on loopback until SIGTERM or SIGINT")
    up.add_argument("--port", type=int, default=0, help="0 = any free port")
    up.add_argument("--size", choices=HELD_SIZES, default="small")
    up.add_argument("--limits", choices=("on", "off"), default="on", help="the vendors' rate limits")
    up.add_argument("--lag-s", type=float, default=0.0, help="seconds by which the search index trails")
    up.add_argument("--crm", choices=("both", *CRMS), default="both")
    world = commands.add_parser("world", help="write a world as files")
    world.add_argument("--size", choices=("empty", *SIZES), default="small")
    world.add_argument("--out", type=Path, required=True, help="folder; made if absent")
    world.add_argument("--format", choices=FORMATS, default="csv")
    commands.add_parser("coverage", help="print what the sandbox covers, as Markdown")
    for command in (up, world):
        command.add_argument("--seed", type=int, default=DEFAULT_SEED)
        command.add_argument("--now", type=_moment, default=DEFAULT_NOW, help="the moment at which the world stands")
    return parser


def _up(asked: argparse.Namespace) -> int:
    """Prints one JSON line when ready: the address, and what a client needs to log in."""
    options = Options(limits_on=asked.limits == "on", lag_s=asked.lag_s)
    try:
        line = bind(asked.port)
    except OSError as wrong:
        print(f"cannot listen on port {asked.port}: {wrong.strerror}", file=sys.stderr)  # noqa: T201
        return 1
    box = Sandbox(makers(asked.crm), options, asked.now, own_process=True)
    box.seed_world(asked.size, asked.seed, asked.now)
    told = json.dumps({"url": url_of(line), **box.credentials()})
    server = Server(box.app, ready=lambda: print(told, flush=True))  # noqa: T201
    server.run(sockets=[line])
    return 0


def _world(asked: argparse.Namespace) -> int:
    """Prints one JSON line: what was written."""
    from sandbox.worldfiles import write_world  # noqa: PLC0415 # DuckDB: a third of a second that ``up`` need not wait

    asked.out.mkdir(parents=True, exist_ok=True)
    told = write_world(asked.size, asked.seed, int(asked.now.timestamp()), asked.out, asked.format)
    print(json.dumps(told))  # noqa: T201
    return 0


def _coverage() -> int:
    """Prints the page that COVERAGE.md holds."""
    from sandbox.coverage import page  # noqa: PLC0415 # it imports both CRMs, which ``up`` may not need

    print(page(), end="")  # noqa: T201
    return 0


def main(arguments: list[str] | None = None) -> NoReturn:
    """Runs one command and exits."""
    asked = _parser().parse_args(arguments)
    if asked.command == "coverage":
        sys.exit(_coverage())
    sys.exit(_up(asked) if asked.command == "up" else _world(asked))


if __name__ == "__main__":
    main()
