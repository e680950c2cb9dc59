"""Starting `plenum` again and again, without importing each time anew what is not ours.

The tests start it hundreds of times, and half of what a start costs is importing Litestar, Piccolo and their like. So
one Python imports those, and forks itself for each start. What is forked runs the `plenum` script from its first line
to its end, with its own arguments, environment, session and streams, and imports all of ours for itself. It only works
on Linux, where a process can be told to end with the one that started it.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import gc
import importlib
import json
import os
import re
import runpy
import select
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

IMPORTED = [
    "aiosmtplib", "argon2", "asyncpg", "babel.numbers", "brotli", "cryptography.hazmat.primitives.ciphers.aead",
    "email_validator", "httptools", "icalendar", "itsdangerous", "jinja2", "litestar.cli.main",
    "litestar.middleware.compression", "litestar.plugins.attrs", "litestar.plugins.htmx", "litestar.plugins.jinja",
    "litestar.plugins.pydantic", "markdown_it", "multiprocessing.spawn", "nh3",
    "piccolo.apps.migrations.commands.check", "piccolo.apps.migrations.commands.forwards",
    "piccolo.engine.postgres", "piccolo.engine.sqlite", "piccolo.table", "pydantic", "pydantic.v1", "redis.asyncio",
    "regex", "rich_click", "segno", "stdnum.no.mva", "tarfile", "typst", "uvicorn.supervisors", "uvloop",
]  # fmt: skip
LARGEST = 200_000
"""Bytes of the arguments and the environment of a program."""
STOP = 10
"""Seconds a program may take to end when it is asked to."""
PR_SET_PDEATHSIG = 1


class Warm:
    """The Python that has imported what is not ours."""

    def __init__(self) -> None:
        self._control, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with its:
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(its.fileno())],
                pass_fds=[its.fileno()],
                stdin=subprocess.DEVNULL,
                env={"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1"},
                start_new_session=True,
            )

    def close(self) -> None:
        """Let it end, and with it all that it has started."""
        self._control.close()
        self._process.wait()

    def start(
        self, command: Sequence[str], environment: Mapping[str, str], streams: Sequence[int]
    ) -> Started:
        """Run a Python script, whose input, output and errors are the descriptors of `streams`."""
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with its:
            asked = json.dumps([command, dict(environment), _umask()]).encode()
            socket.send_fds(self._control, [asked], [its.fileno(), *streams])
        return Started(ours)


class Started:
    """A program that runs: what tests use of `subprocess.Popen`."""

    def __init__(self, reports: socket.socket) -> None:
        self._reports = reports
        self.pid = int(reports.recv(32))
        self.returncode: int | None = None

    def poll(self) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.wait(0)
        return None

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            if timeout is not None and not select.select([self._reports], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout)
            self.returncode = int(self._reports.recv(32))
            self._reports.close()
        return self.returncode

    def send_signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):  # it has ended, and its report is on the way
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _umask() -> int:
    """Of this process, without setting it."""
    status = Path("/proc/self/status").read_text()
    return int(re.findall(r"^Umask:\s*(\d+)", status, re.MULTILINE)[0], 8)


Running = tuple[Started | subprocess.Popen[str], IO[str]]
"""A program, and what it says."""

_lock = threading.Lock()
_warm: Warm | None = None


def start(command: Sequence[str], environment: Mapping[str, str], streams: Sequence[int]) -> Started:
    global _warm
    with _lock:
        _warm = _warm or Warm()
        return _warm.start(command, environment, streams)


def close() -> None:
    if _warm:
        _warm.close()


@contextlib.contextmanager
def running(command: Sequence[str], environment: Mapping[str, str]) -> Iterator[Running]:
    """A program that runs as long as the block does, and what it says."""
    ours, its = os.pipe()
    with open(os.devnull) as nothing, os.fdopen(its, "w"):  # noqa: PTH123
        process = start(command, environment, [nothing.fileno(), its, its])
    try:
        yield process, os.fdopen(ours)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def run(
    command: Sequence[str], environment: Mapping[str, str], typed: str, timeout: float
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, as `subprocess.run` does."""
    with (
        tempfile.TemporaryFile("w+") as read,
        tempfile.TemporaryFile("w+") as said,
        tempfile.TemporaryFile("w+") as complained,
    ):
        read.write(typed)
        read.seek(0)
        process = start(command, environment, [file.fileno() for file in (read, said, complained)])
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        said.seek(0)
        complained.seek(0)
        return subprocess.CompletedProcess(list(command), code, said.read(), complained.read())


def _serve(control: socket.socket) -> None:
    """Fork whenever a program is asked for, and report how each ends. Returns in what shall become one."""
    with selectors.DefaultSelector() as waiting:
        waiting.register(control, selectors.EVENT_READ)
        while True:
            for key, _ in waiting.select():
                if key.fileobj is not control:
                    waiting.unregister(key.fd)
                    os.close(key.fd)
                    pid, report = key.data
                    _report(report, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
                    report.close()
                    continue
                asked, descriptors, _, _ = socket.recv_fds(control, LARGEST, 4)
                if not asked:
                    sys.exit()
                report_to, *streams = descriptors
                report = socket.socket(fileno=report_to)
                parent = os.getpid()
                if (pid := os.fork()) == 0:
                    report.close()
                    control.close()
                    return _become(parent, streams, *json.loads(asked))
                _report(report, pid)
                waiting.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, report))
                for stream in streams:
                    os.close(stream)


def _report(report: socket.socket, number: int) -> None:
    with contextlib.suppress(OSError):  # nobody may want to know any more
        report.send(str(number).encode())


def _become(
    parent: int, streams: list[int], command: list[str], environment: dict[str, str], umask: int
) -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)
    os.setsid()
    os.umask(umask)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.argv[:] = command
    sys.path[0] = str(Path(command[0]).parent)
    os.environ.clear()
    os.environ.update(environment)


def _run() -> None:
    """Run the script as an interpreter does, but for clearing its memory away in the end, which takes longest."""
    code: object = 1

    def end() -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else int(code is not None))

    atexit.register(end)  # the first that is registered is called last
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
        code = 0
    except SystemExit as asked:
        code = asked.code
        raise


if __name__ == "__main__":
    del sys.path[0]  # the folder of this file, whose names are not those that are imported
    sys.path.insert(0, "")
    for name in IMPORTED:
        importlib.import_module(name)
    gc.freeze()  # what is collected in none of them is shared by all
    _serve(socket.socket(fileno=int(sys.argv[1])))
    _run()
