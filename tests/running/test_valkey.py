"""The Valkey that Plenum brings along, tried with the real server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from redis import Redis

from tests.support.waiting import until
from webapp.refusal import Refused
from webapp.running.valkey import Valkey, program, running

PLENUM = """
import sys
from pathlib import Path
from redis import Redis
from webapp.running.valkey import Valkey

sys.platform = sys.argv[2]
with Valkey(Path(sys.argv[1])) as url:
    redis = Redis.from_url(url)
    print(redis.info()["process_id"], flush=True)
    sys.stdin.read()
"""


def a_plenum(data: Path, platform: str = sys.platform) -> subprocess.Popen[str]:
    """Another process that starts a Valkey on `data`, says its process id, and stops when its input is closed."""
    return subprocess.Popen(
        [sys.executable, "-c", PLENUM, str(data), platform],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_it_answers_on_a_private_socket_and_on_no_port(tmp_path: Path) -> None:
    with Valkey(tmp_path) as url, Redis.from_url(url) as redis:
        assert redis.ping()
        assert url == f"unix://{tmp_path}/valkey/valkey.sock?db=0"
        assert redis.config_get("port") == {"port": "0"}
        assert not psutil.Process(redis.info()["process_id"]).net_connections("inet")
        assert (tmp_path / "valkey").stat().st_mode & 0o777 == 0o700


def test_it_keeps_nothing_on_disk_of_what_it_was_told(tmp_path: Path) -> None:
    with Valkey(tmp_path) as url, Redis.from_url(url) as redis:
        redis.set("whoever", "dag@example.org")
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert {path.name for path in files} == {"valkey.log", "address"}
        assert not any(b"dag@example.org" in path.read_bytes() for path in files)
    with Valkey(tmp_path) as url, Redis.from_url(url) as redis:
        assert redis.get("whoever") is None


@pytest.mark.parametrize("file", ["dump.rdb", "appendonlydir/appendonly.aof.manifest"])
def test_what_another_version_left_behind_is_not_read_and_does_not_stay(tmp_path: Path, file: str) -> None:
    left = tmp_path / "valkey" / file
    left.parent.mkdir(parents=True)
    left.write_text("REDIS0099 of a version that nobody here can read, with dag@example.org in it")
    with Valkey(tmp_path) as url, Redis.from_url(url) as redis:
        assert redis.ping()
        assert not left.exists()


def test_it_is_gone_when_plenum_stops(tmp_path: Path) -> None:
    with Valkey(tmp_path) as url, Redis.from_url(url) as redis:
        server = psutil.Process(redis.info()["process_id"])
        assert running(tmp_path) == url
    assert not server.is_running()
    assert running(tmp_path) is None


def test_one_that_dies_is_started_again_at_the_same_address(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Valkey(tmp_path) as url:
        for _ in range(2):
            with Redis.from_url(url) as redis:
                before = redis.info()["process_id"]
            os.kill(before, signal.SIGKILL)
            until(lambda: running(tmp_path) == url)
            with Redis.from_url(url) as redis:
                after = psutil.Process(redis.info()["process_id"])
            assert after.pid != before
        assert "Valkey is started again" in caplog.text
    assert not after.is_running()


@pytest.mark.parametrize("folder", ["a folder with spaces and 100 % ø", "deep/" * 30])
def test_the_data_directory_may_have_any_path(tmp_path: Path, folder: str) -> None:
    data = tmp_path / folder
    with Valkey(data) as url, Redis.from_url(url) as redis:
        assert redis.ping()
        assert running(data) == url
    assert running(data) is None


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_a_plenum_killed_hard_leaves_no_orphan(tmp_path: Path, platform: str) -> None:
    if platform == "linux" and sys.platform != "linux":
        pytest.skip("needs the Linux kernel")
    plenum = a_plenum(tmp_path, platform)
    assert plenum.stdout
    server = psutil.Process(int(plenum.stdout.readline()))
    assert running(tmp_path)
    plenum.kill()
    until(lambda: not server.is_running() or server.status() == psutil.STATUS_ZOMBIE)
    plenum.communicate()
    assert running(tmp_path) is None
    with Valkey(tmp_path) as url, Redis.from_url(url) as redis:
        assert redis.ping()


def test_a_ctrl_c_in_the_terminal_does_not_reach_it_before_plenum_is_done(tmp_path: Path) -> None:
    with Valkey(tmp_path) as url, Redis.from_url(url) as redis:
        assert os.getsid(redis.info()["process_id"]) != os.getsid(0)


def test_a_server_that_cannot_start_is_explained_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webapp.running.valkey.MOST_MEMORY", "as much as there is")
    with pytest.raises(Refused, match=r"Valkey ended as soon as it was started\. .*valkey\.log says why\.$"):
        Valkey(tmp_path).__enter__()


def test_a_server_that_hangs_is_ended_all_the_same(tmp_path: Path) -> None:
    with Valkey(tmp_path) as url, Redis.from_url(url) as redis:
        server = psutil.Process(redis.info()["process_id"])
        server.send_signal(signal.SIGSTOP)
    assert not server.is_running()


def test_without_any_server_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(Refused, match="Install valkey-server or redis-server, or set REDIS_URL"):
        Valkey(tmp_path).__enter__()


def test_the_machines_own_server_goes_before_the_shipped_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = program()
    own = tmp_path / "redis-server"
    own.symlink_to(shipped)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert program() == str(own)
