"""The simulator over HTTP: uvicorn on the loopback interface, until SIGINT or SIGTERM."""

import contextlib
import signal
import socket
from collections.abc import Callable, Iterator
from types import FrameType
from typing import TYPE_CHECKING, Any

from metaads_cli.graph.simulator.app import DROP_EXTENSION, Simulator

if TYPE_CHECKING:
    import uvicorn

Ready = Callable[[str], None]


def serve(simulator: Simulator, host: str = "127.0.0.1", port: int = 0, ready: Ready = lambda _url: None) -> None:
    """Serve until a signal ends it, then return. `ready` is told the base URL once connections are accepted.

    `port` 0 takes a free one. In a thread that is not the main one, use `running`. Raises OSError for an address that
    cannot be had.
    """
    listener = _listen(host, port)
    server = _server(simulator)
    with listener, _ending_on_signals(server):
        ready(_url(listener))
        server.run(sockets=[listener])


@contextlib.contextmanager
def running(simulator: Simulator, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve in a thread while the block runs; the base URL."""
    import threading

    listener = _listen(host, port)
    server = _server(simulator)
    thread = threading.Thread(target=lambda: server.run(sockets=[listener]), daemon=True)
    thread.start()
    try:
        # The socket listens already: the first connection waits until the server takes it.
        yield _url(listener)
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family)
    # Else small answers wait 40 ms for each other; connections inherit it.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _server(simulator: Simulator) -> "uvicorn.Server":
    import uvicorn

    config = uvicorn.Config(
        simulator,
        lifespan="off",
        log_config=None,
        access_log=False,
        http=_dropping_protocol(),
        ws="none",
        server_header=False,
        timeout_graceful_shutdown=5,
    )

    class QuietServer(uvicorn.Server):
        """Leaves signals to `serve`: uvicorn would raise them anew after its end."""

        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield

    return QuietServer(config)


def _dropping_protocol() -> type[Any]:
    """HTTP/1.1 whose application can break the connection without an answer, as a network does."""
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class DroppingProtocol(H11Protocol):
        def __init__(self, *args: Any, **kwargs: Any):
            super().__init__(*args, **kwargs)
            application = self.app

            async def with_drop(scope: Any, receive: Any, send: Any) -> None:
                scope.setdefault("extensions", {})[DROP_EXTENSION] = self.transport.abort
                await application(scope, receive, send)

            self.app = with_drop

    return DroppingProtocol


@contextlib.contextmanager
def _ending_on_signals(server: "uvicorn.Server") -> Iterator[None]:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
