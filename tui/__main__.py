"""The command ``imagegc``: picks the host, hands it down, and starts the app only when it is wanted."""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Sequence

from tui import cli
from tui.node.host import Host


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line; the exit code (cli.EXIT_CODES)."""
    try:
        options = cli.parse(argv)
        return _report(options) if options.command == "report" else _app(options)
    except cli.UsageError as error:
        cli.narrate(str(error))
        return cli.USAGE
    except KeyboardInterrupt:
        return 130
    except Exception:  # Python itself would leave with 1, which here means "warnings"
        traceback.print_exc()
        cli.narrate("this is an error in imagegc itself, nothing was judged")
        return cli.UNDETERMINED


def _host(options: cli.Options) -> Host:
    if options.demo:
        from tui.demo.node import DemoHost

        return DemoHost(options.demo, clock=(lambda: 0.0) if options.command == "report" else time.monotonic)
    from tui.node.open import open_host

    try:
        return open_host(options.root or None)
    except OSError as error:
        raise cli.UsageError(f"--root {options.root}: {error.strerror}") from error


def _report(options: cli.Options) -> int:
    host = _host(options)
    if sys.stdout is None:
        cli.narrate("the report could not be written: standard output is closed")
        return cli.CANNOT_WRITE
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a real stream is a TextIOWrapper
    try:
        code = cli.report(host, options, sys.stdout)
    except OSError as error:
        cli.narrate(f"the report could not be written: {error.strerror or error}")
        return cli.CANNOT_WRITE
    if not options.demo and not cli.is_node(host):
        cli.narrate(f"{cli.NOTHING_FOUND}; `imagegc demo` shows a simulated node")
        return cli.UNDETERMINED
    return code


def _app(options: cli.Options) -> int:
    from tui.terminal import refusal, wants_ascii

    ttys = (sys.stdin, sys.stdout, sys.stderr)
    readable, *writable = (stream is not None and stream.isatty() for stream in ttys)
    if sentence := refusal(os.environ, input_tty=readable, output_tty=all(writable)):
        raise cli.UsageError(sentence)
    host = _host(options)
    notice = ""
    if not options.demo and not cli.is_node(host):
        from tui.demo.node import DemoHost

        host, notice = DemoHost(), "No kubelet and no containerd found here: this is the demo node. "
    _run_app(host, options, notice, ascii_only=options.ascii or wants_ascii(os.environ, sys.stderr.encoding))
    return cli.OK


def _run_app(host: Host, options: cli.Options, notice: str, *, ascii_only: bool) -> None:
    from tui.app import ImagegcApp
    from tui.node.asking import Asker
    from tui.node.survey import Surveyor
    from tui.themes import NAMES
    from tui.watch import NodeWatch

    if options.theme and options.theme not in NAMES:
        raise cli.UsageError(f"there is no theme {options.theme!r}; there are {', '.join(NAMES)}")
    speed = getattr(host, "speed", 1.0)
    clock = time.time
    if speed != 1.0:
        notice += f"Simulated, {speed:g} times as fast (5 min = {300 / speed:g} s)."
        clock = lambda: host.clock()[0]  # noqa: E731 - the node's own time, as everywhere on the screen
    asker = Asker(host, credential=options.credential, off=not options.ask)
    app = ImagegcApp(
        NodeWatch(Surveyor(host, asker=asker).take),
        interval=options.interval,
        ascii=ascii_only,
        theme=options.theme,
        notice=notice,
        clock=clock,
    )
    app.run()


if __name__ == "__main__":
    sys.exit(main())
