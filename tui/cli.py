"""The command line: what can be asked for, how it is refused, and the report's way to standard output.

Standard output is data, standard error narrates. Exit codes are a contract, see :data:`EXIT_CODES`.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

if TYPE_CHECKING:  # what only the annotations need must not cost the start anything
    from tui.model import Credential
    from tui.node.host import Host

OK, WARNINGS, CRITICAL, UNDETERMINED = 0, 1, 2, 3
USAGE, CANNOT_WRITE = 64, 74

EXIT_CODES = """\
exit codes:
  0   fine (with the app: closed by its user)
  1   warnings
  2   critical
  3   could not be determined
  64  usage: an option that is not known, a directory that is not there, no terminal
  74  the report could not be written
"""

SCENARIOS: Mapping[str, str] = {
    "story": "the kubelet started before the image disk was mounted, and measures the wrong one",
    "healthy": "the same node repaired: image GC fires in time and frees",
    "eviction-first": "high 90 and imagefs 15 %: eviction wipes all images before image GC runs",
}

ANSWERS_S = 2.0
"""Seconds that a report waits for the daemons' own answers: it has only this one look."""

NOTHING_FOUND = "neither a kubelet nor containerd was found here: no process, no unit, no configuration file"


@dataclass(frozen=True)
class Options:
    """What was asked for. ``demo``: the scenario's name, "" for a real node; ``interval`` in seconds."""

    command: str = "app"
    root: str = ""
    demo: str = ""
    interval: float = 1.0
    ascii: bool = False
    theme: str = ""
    json: bool = False
    ask: bool = True
    kubelet_cert: str = ""
    kubelet_key: str = ""
    kubelet_token: str = ""
    kubelet_ca: str = ""

    @property
    def credential(self) -> Credential | None:
        """What to show to the kubelet; None unless the person named it."""
        from tui.model import Credential

        if self.kubelet_token:
            return Credential("token", self.kubelet_token, ca_path=self.kubelet_ca)
        if self.kubelet_cert:
            return Credential("certificate", self.kubelet_cert, self.kubelet_key, self.kubelet_ca)
        return None


class UsageError(Exception):
    """Something that the person can put right on the command line; the text is the sentence that says how."""


class _Parser(argparse.ArgumentParser):
    """Argparse with the exit code of this tool (argparse itself leaves with 2, which here means "critical")."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"imagegc: {message}\n")


def parse(argv: Sequence[str] | None = None) -> Options:
    """The options of a command line; leaves with 64 on a wrong one, with 0 after ``--help`` and ``--version``."""
    parser = _parser()
    given = vars(parser.parse_args(argv))
    if given.get("root") and given.get("demo"):
        parser.error("--root reads a directory, the demo node has its own: choose one of them")
    if given["command"] == "report" and given.keys() & {"interval", "theme"}:
        parser.error("--interval and --theme are the app's, a report has neither")
    if fault := _credential_fault(given):
        parser.error(fault)
    return Options(**given)


def _credential_fault(given: Mapping[str, Any]) -> str:
    """What is wrong with the options of the kubelet's credential together, "" if nothing is."""
    named = {name for name in given if name.startswith("kubelet_")}
    if named and given.get("demo"):
        return "the demo node's kubelet asks for no credential"
    if {"kubelet_token", "kubelet_cert"} <= named:
        return "--kubelet-token and --kubelet-cert: choose one of them"
    if "kubelet_key" in named and "kubelet_cert" not in named:
        return "--kubelet-key needs its certificate, --kubelet-cert"
    if named == {"kubelet_ca"}:
        return "--kubelet-ca needs --kubelet-cert or --kubelet-token"
    if named and given.get("ask") is False:
        return "--no-ask asks the kubelet nothing: it needs no credential"
    return ""


def _asking() -> _Parser:
    asking = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    group = asking.add_argument_group("asking the daemons")
    group.add_argument(
        "--no-ask", dest="ask", action="store_false", help="ask neither the runtime's socket nor the kubelet's ports"
    )
    group.add_argument(
        "--kubelet-cert", metavar="FILE", type=_file, help="client certificate for the kubelet's port (PEM)"
    )
    group.add_argument("--kubelet-key", metavar="FILE", type=_file, help="its key, if it is in another file")
    group.add_argument("--kubelet-token", metavar="FILE", type=_file, help="file with a bearer token for that port")
    group.add_argument("--kubelet-ca", metavar="FILE", type=_file, help="check the kubelet's certificate against it")
    return asking


def _parser() -> _Parser:
    common = _Parser(add_help=False, argument_default=argparse.SUPPRESS, parents=[_asking()])
    common.add_argument("--root", metavar="DIR", type=_directory, help="read the node whose root directory DIR is")
    common.add_argument("--ascii", action="store_true", help="draw and write with ASCII characters only")
    screen = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    screen.add_argument("--interval", metavar="S", type=_seconds, help="seconds between two looks (default 1)")
    screen.add_argument("--theme", metavar="NAME", help="the look of the app; a wrong name lists the right ones")
    parser = _Parser(
        prog="imagegc",
        parents=[common, screen],
        argument_default=argparse.SUPPRESS,
        description="What the image GC and the eviction of this node's kubelet really measure, and when they\n"
        "fire. Changes nothing. Opens a demo node where neither kubelet nor containerd is found.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and leave")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    parser.set_defaults(command="app")
    _add_demo(commands, common, screen)
    _add_report(commands, common)
    return parser


def _add_demo(commands: Any, *parents: _Parser) -> None:
    about = "\n".join(f"  {name:15} {text}" for name, text in SCENARIOS.items())
    demo = commands.add_parser(
        "demo",
        parents=parents[1:],
        argument_default=argparse.SUPPRESS,
        help="open the app on a simulated node, sped up",
        description=f"Opens the app on a simulated node.\n\nscenarios:\n{about}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    demo.add_argument("--ascii", action="store_true", help="draw with ASCII characters only")
    demo.add_argument("--scenario", dest="demo", choices=SCENARIOS, default="story", help="default: story")


def _add_report(commands: Any, common: _Parser) -> None:
    report = commands.add_parser(
        "report",
        parents=[common],
        argument_default=argparse.SUPPRESS,
        help="print what the app shows, as text or as JSON",
        description="Looks once and prints what was found; the exit code says how bad it is.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    report.add_argument("--json", action="store_true", help="data instead of text; its schema: tui/report/schema.md")
    report.add_argument(
        "--demo",
        metavar="SCENARIO",
        nargs="?",
        choices=SCENARIOS,
        const="story",
        help=f"report on a simulated node: {', '.join(SCENARIOS)} (default: story)",
    )


class _Version(argparse.Action):
    """``--version``, which looks the version up only when asked."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from tui import __version__

        print(f"imagegc {__version__}")
        parser.exit(OK)


def _directory(text: str) -> str:
    if not os.path.exists(text):
        raise argparse.ArgumentTypeError(f"{text!r} does not exist")
    if not os.path.isdir(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a directory")
    return os.path.abspath(text)


def _file(text: str) -> str:
    """A file that can be read; never its content, which is read only to be shown to the kubelet."""
    try:
        with open(text, "rb") as file:
            file.read(1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise argparse.ArgumentTypeError(f"{text!r} cannot be read: {why}") from error
    return os.path.abspath(text)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0.1 <= value <= 3600:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from 0.1 to 3600")
    return value


SCAN_S = 1.0
"""Seconds that a report waits for the scan of the root; after them it shows what was found so far."""

UNITS = ("kubelet", "containerd", "k3s", "k3s-agent", "rke2-server", "rke2-agent", "crio", "cri-docker")
FILES = (
    "/etc/containerd/config.toml",
    "/etc/crio/crio.conf",
    "/etc/kubernetes/kubelet-config.yaml",
    "/etc/kubernetes/kubelet.conf",
    "/etc/kubernetes/kubelet.env",
    "/etc/kubernetes/kubelet/config.json",
    "/etc/kubernetes/kubelet/kubelet-config.json",
    "/etc/rancher",
    "/var/lib/kubelet/config.yaml",
    "/var/snap/microk8s",
)


def is_node(host: Host) -> bool:
    """Whether a kubelet or a container runtime leaves any trace: a process, a unit or a configuration file."""
    from tui.node.processes import recognise
    from tui.systemd.lookup import SEARCH_PATH

    units = (f"{directory}/{name}.service" for directory in SEARCH_PATH for name in UNITS)
    if any(_exists(host, path) for path in (*FILES, *units)):
        return True
    return any(recognise(host, pid) is not None for pid in host.pids())


def _exists(host: Host, path: str) -> bool:
    try:
        host.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def report(host: Host, options: Options, stream: TextIO) -> int:
    """Look once, print, and say how bad it is. Raises ``OSError`` where the output cannot be written."""
    from tui.assess.judge import assess
    from tui.node.asking import Asker
    from tui.node.survey import Surveyor

    asker = Asker(host, credential=options.credential, patience=ANSWERS_S, off=not options.ask)
    assessment = assess(Surveyor(host, scan_wait_s=SCAN_S, asker=asker).take())
    if options.json:
        from tui.report.data import as_data, as_json

        write(as_json(as_data(assessment)), stream)
    else:
        from tui.report.text import as_text

        utf8 = (stream.encoding or "").lower().replace("-", "") == "utf8"
        write(as_text(assessment, _width(stream), ascii_only=options.ascii or not utf8), stream)
    return assessment.exit_code


def _width(stream: TextIO) -> int:
    """Columns of the terminal, between 80 and 160; 100 for a file or a pipe, so that a ticket looks the same twice."""
    try:
        columns = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        return 100
    return min(max(columns, 80), 160)


def narrate(sentence: str) -> None:
    """One sentence on standard error; where nobody listens any more, the exit code still says it."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            write(f"imagegc: {sentence}\n", sys.stderr)


def write(text: str, stream: TextIO) -> None:
    """Write all of ``text``; a reader that has gone away (``| head``) ends it quietly.

    Raises ``OSError`` where the output cannot be written (a full disk).
    """
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
