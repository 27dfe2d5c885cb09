import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis.database import DirectoryBasedExampleDatabase, MultiplexedDatabase

from claims.sharing import SharingError, shared
from claims.store import Store
from tests.claims.documents import case_in, claims_file, made, witness

SERVER = shutil.which("redis-server")
needs_server = pytest.mark.skipif(
    SERVER is None or find_spec("redis") is None,
    reason="redis-server and the package redis are needed: apt-get install redis-server, "
    "pip install redis",
)


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Server:
    """A Redis server of this test alone, on loopback, without a file on any disk."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.port = free_port()
        words = [str(SERVER), "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(folder)]
        words += ["--save", "", "--appendonly", "no", "--databases", "4", *options]
        self._process = subprocess.Popen(
            words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def wait(self, *, seconds: float = 10.0) -> None:
        """Wait until it answers."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.02)
            else:
                return
        raise TimeoutError("redis-server does not answer")

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()

    def say(self, *words: str) -> str:
        """What the server answers to a command of redis-cli."""
        port = ["-p", str(self.port)]
        done = subprocess.run(
            ["redis-cli", *port, *words], capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def address(self, rest: str = "/1") -> str:
        return f"redis://127.0.0.1:{self.port}{rest}"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path)
    try:
        running.wait()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return claims_file(tmp_path_factory.mktemp("paper"))


@needs_server
def test_a_team_shares_a_counterexample_through_a_real_server(
    server: Server, mine: Path, tmp_path: Path
) -> None:
    ann = Store(tmp_path / "ann", shared(server.address()).database)
    bob = Store(tmp_path / "bob", shared(server.address()).database)
    document = made(case_in(mine, "lemma_1"), witness(n=25))
    ann.keep(document)
    ann.keep(document)
    (stored,) = bob.recall("mine.lemma_1", "")
    assert stored.instance == {"n": 25}
    assert stored.document["digest"] == document["digest"]
    assert "moved to" in bob.fixed(stored, "supported")
    assert (
        Store(tmp_path / "new", shared(server.address()).database).recall("mine.lemma_1", "") == []
    )
    assert ann.warnings == bob.warnings == []


@needs_server
def test_nothing_expires_whoever_reads_or_writes(server: Server) -> None:
    database = shared(server.address()).database
    database.save(b"key", b"one")
    database.save(b"key", b"two")
    assert server.say("-n", "1", "TTL", "provably:key") == "-1"
    assert set(database.fetch(b"key")) == {b"one", b"two"}
    database.delete(b"key", b"one")
    assert server.say("-n", "1", "TTL", "provably:key") == "-1"
    assert set(shared(server.address("/1?read-only")).database.fetch(b"key")) == {b"two"}
    assert server.say("-n", "1", "TTL", "provably:key") == "-1"
    database.move(b"key", b"other", b"two")
    assert server.say("-n", "1", "TTL", "provably:other") == "-1"
    assert list(database.fetch(b"key")) == []
    database.delete(b"other", b"two")
    database.delete(b"never", b"two")
    assert server.say("-n", "1", "KEYS", "*") == ""


@needs_server
def test_a_local_database_beside_it_has_the_same(server: Server, tmp_path: Path) -> None:
    local = DirectoryBasedExampleDatabase(tmp_path / "local")
    both = shared(server.address(), local).database
    assert isinstance(both, MultiplexedDatabase)
    both.save(b"key", b"one")
    shared(server.address()).database.save(b"key", b"two")
    assert list(local.fetch(b"key")) == [b"one"]
    assert set(both.fetch(b"key")) == {b"one", b"two"}


@needs_server
def test_read_only_takes_from_a_server_where_it_may_not_write(server: Server) -> None:
    shared(server.address()).database.save(b"key", b"one")
    server.say("ACL", "SETUSER", "guest", "on", ">secret", "~*", "+@read", "+ping", "+@connection")
    address = f"redis://guest:secret@127.0.0.1:{server.port}/1?read-only"
    guest = shared(address)
    assert "secret" not in guest.name
    assert list(guest.database.fetch(b"key")) == [b"one"]
    guest.database.save(b"key", b"two")
    guest.database.delete(b"key", b"one")
    assert set(shared(server.address()).database.fetch(b"key")) == {b"one"}
    writing = shared(address.removesuffix("?read-only")).database
    with pytest.raises(ConnectionError, match="no permissions"):
        writing.save(b"key", b"two")


@needs_server
def test_a_server_that_forgets_when_full_is_told_of(tmp_path: Path) -> None:
    full = Server(tmp_path, "--maxmemory", "50mb", "--maxmemory-policy", "allkeys-lru")
    try:
        full.wait()
        warning = shared(full.address()).warning
    finally:
        full.stop()
    assert "forgets entries when its memory is full (maxmemory-policy allkeys-lru)" in warning


@needs_server
def test_an_ordinary_server_has_no_warning(server: Server) -> None:
    assert shared(server.address()).warning == ""
    assert shared(server.address()).name == server.address()


@needs_server
def test_a_server_that_is_lost_during_a_run_costs_one_line(
    server: Server, mine: Path, tmp_path: Path
) -> None:
    store = Store(tmp_path / "kept", shared(server.address()).database)
    server.stop()
    assert store.keep(made(case_in(mine, "lemma_1"), witness(n=25))) is not None
    assert len(store.recall("mine.lemma_1", "")) == 1
    (line,) = store.warnings
    assert line.startswith(f"sharing stops here, this run goes on without it: {server.address()}: ")
    assert "\n" not in line


@needs_server
def test_a_server_that_is_down_or_refuses_is_one_line(server: Server) -> None:
    with pytest.raises(SharingError) as down:
        shared(f"redis://ann:secret@127.0.0.1:{free_port()}/0")
    server.say("ACL", "SETUSER", "default", "off")
    with pytest.raises(SharingError) as refused:
        shared(server.address())
    for caught in (down, refused):
        words = str(caught.value)
        assert words.startswith("--claims-share: no server can be reached, redis://127.0.0.1:")
        assert words.endswith("; start it, or leave the option out")
        assert "secret" not in words
        assert "\n" not in words


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("", "'' is no address of a server"),
        ("localhost:6379", "'localhost' is no address of a server"),
        ("http://ann:secret@host/", "'http' is no address of a server"),
        ("redis://", "'redis' is no address of a server"),
        ("redis://host:port/0", "this is no address"),
        ("redis://[::1/0", "this is no address"),
        ("redis://host/0?decode_responses=True", "unknown 'decode_responses'"),
        ("redis://host/0?readonly", "unknown 'readonly'"),
    ],
)
def test_what_is_no_address_is_told_in_a_line_without_its_password(
    address: str, words: str
) -> None:
    with pytest.raises(SharingError) as caught:
        shared(address)
    assert str(caught.value).startswith(f"--claims-share: {words}; give redis://host:6379/0")
    assert "secret" not in str(caught.value)


def test_without_the_package_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "claims.redis_database", raising=False)
    monkeypatch.setitem(sys.modules, "redis", None)
    monkeypatch.delitem(sys.modules, "hypothesis.extra.redis", raising=False)
    with pytest.raises(SharingError) as caught:
        shared("redis://host/0")
    assert str(caught.value) == (
        "--claims-share: redis://host/0 needs the package redis; pip install redis"
    )
