"""The command line: `python -m executor --root DIRECTORY --phase build --phase validate --document FILE...`."""

import argparse
import ctypes
import os
import signal
import subprocess
import sys

from . import places, run
from .document import PHASES, Document
from .problems import Refused

PR_SET_PDEATHSIG = 1


class OfLastDocument(argparse.Action):
    """An option that belongs to the document before it."""

    def __call__(self, parser, namespace, values, option_string=None):
        if not namespace.document:
            parser.error(f"{option_string} belongs to a --document before it")
        name, equals, value = values.partition("=")
        if self.dest == "parameter":
            if not equals:
                parser.error(f"{values}: a parameter is given as NAME=VALUE")
            namespace.document[-1]["parameters"][name] = value
        else:
            namespace.document[-1]["title"] = values


class NextDocument(argparse.Action):
    def __call__(self, parser, namespace, values, option_string=None):
        title = os.path.splitext(os.path.basename(values))[0]
        namespace.document = [*(namespace.document or []), {"file": values, "title": title, "parameters": {}}]


def _arguments():
    parser = argparse.ArgumentParser(prog="executor", description="Executes component documents of EC2 Image Builder.")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--root", help="a directory with the root of a system, which is changed")
    where.add_argument("--into", type=int, metavar="PID", help="a machine that was booted: the process that is its first one")
    where.add_argument("--check", action="store_true", help="only refuses what cannot be run")
    parser.add_argument("--phase", action="append", choices=PHASES, help="may be given several times; by default build and validate")
    parser.add_argument("--document", action=NextDocument, required=True, metavar="FILE", help="JSON or YAML; several are run in this order")
    parser.add_argument("--title", action=OfLastDocument, help="the name of the last document, instead of its file's")
    parser.add_argument("--parameter", action=OfLastDocument, metavar="NAME=VALUE", help="of the last document")
    parser.add_argument("--host", action="append", default=[], metavar="NAME=ADDRESS", help="the IP address of a host, instead of its own")
    parser.add_argument("--trust", action="append", default=[], metavar="FILE", help="certificates that downloads trust as well")
    parser.add_argument("--apt-cache", metavar="DIRECTORY", help="keeps packages, so that they are downloaded once")
    parser.add_argument("--without-network", action="store_true", help="only loopback, and that is down")
    parser.add_argument("--result", metavar="FILE", help="writes what was done as JSON")
    parser.add_argument("--verbose", action="store_true", help="prints what the steps print")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _documents(given):
    documents = []
    for entry in given:
        with open(entry["file"], encoding="utf-8") as file:
            documents.append(Document(entry["title"], file.read(), entry["parameters"]))
    return documents


def _hosts(given):
    for entry in given:
        if entry.count("=") != 1:
            raise Refused(f"--host {entry}: it is NAME=ADDRESS")
    return [entry.split("=") for entry in given]


def _machines_own_certificates():
    """What this machine trusts: where its network has an authority of its own, a root that was just made does not know it."""
    candidates = (os.environ.get("SSL_CERT_FILE"), "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")
    return [file for file in candidates if file and os.path.isfile(file)][:1]


def _inside(options, documents):
    """In namespaces of its own."""
    phases = options.phase or ["build", "validate"]
    if options.root:
        place = places.Root(options.root, _hosts(options.host), [*_machines_own_certificates(), *options.trust], options.apt_cache)
    else:
        place = places.Machine(options.into, options.trust)
    with place:
        stage = run.Stage(place, documents, phases, options.verbose)
        well = stage.run()
    if options.result:
        run.write_result(stage, options.result)
    return 0 if well else 1


def _with_this_process():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _namespaces(options):
    """The same program again, in namespaces that end with this process."""
    again = [sys.executable, "-m", __package__, *sys.argv[1:], "--inside"]
    if options.root:
        command = ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--ipc", "--uts"]
        command += ["--net"] if options.without_network else []
    else:
        command = ["nsenter", "--target", str(options.into), "--pid", "--net", "--ipc", "--uts", "--cgroup"]
    parent = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    environment = {**os.environ, "PYTHONPATH": parent, "PYTHONDONTWRITEBYTECODE": "1"}
    child = subprocess.Popen([*command, *again], env=environment, preexec_fn=_with_this_process)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: child.kill())
    code = child.wait()
    return code if code >= 0 else 128 - code


def main():
    options = _arguments()
    documents = _documents(options.document)
    if options.check:
        return 0
    return _inside(options, documents) if options.inside else _namespaces(options)


try:
    sys.exit(main())
except Refused as refused:
    print(f"refused: {refused}", file=sys.stderr)
    sys.exit(2)
