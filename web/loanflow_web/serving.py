"""Serving the pages from this process, for a demonstration, a small office or a test bank; see ``serve``."""

from __future__ import annotations

import ipaddress
import logging
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from waitress.server import create_server

from loanflow_web.accounts import DEMO_PASSWORD, demo_users
from loanflow_web.app import create_app
from loanflow_web.settings import Settings

if TYPE_CHECKING:
    from loanflow import Engine

log = logging.getLogger("loanflow_web")
THREADS = 8
_FREE_PORT_TRIES = 20


def serve(
    engine: Engine, host: str = "127.0.0.1", port: int = 8080, *, settings: Settings | None = None, automatic_work: bool = True
) -> None:
    """Serve until interrupted; prints the address and, in demo mode, who may log in.

    If ``port`` is taken the next free one is used; 0 takes any. With ``automatic_work`` the engine's due jobs run in
    threads of this process. On an address that other computers reach, demo mode is refused: everyone knows its passwords.

    Raises:
        ValueError: demo mode on a public address.
    """
    settings = settings or Settings()
    if settings.demo and not _is_loopback(host):
        raise ValueError(
            f"{host} can be reached from other computers, and the demonstration people have known passwords: "
            "serve on 127.0.0.1, or pass Settings(demo=False, ...) with people of your own"
        )
    listening = _listen(host, port)
    port = listening.getsockname()[1]
    if host not in settings.trusted_hosts:
        settings = replace(settings, trusted_hosts=(*settings.trusted_hosts, host))
    app = create_app(engine, settings=settings)
    server = create_server(app, sockets=[listening], threads=THREADS, ident="", clear_untrusted_proxy_headers=not settings.proxy_hops)
    worker = _work(engine) if automatic_work else None
    _announce(host, port, settings)
    try:
        with suppress(KeyboardInterrupt, SystemExit):
            server.run()
    finally:
        server.close()
        if worker is not None:
            worker()


def _work(engine: Engine) -> Callable[[], None]:
    from loanflow.worker import Worker

    worker = Worker(engine, concurrency=2)
    thread = threading.Thread(target=worker.run, name="loanflow-web-worker", daemon=True)
    thread.start()

    def stop() -> None:
        worker.stop()
        thread.join(timeout=10)

    return stop


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    last: OSError | None = None
    for candidate in range(port, port + (_FREE_PORT_TRIES if port else 1)):
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, candidate))
            return listening
        except OSError as error:
            listening.close()
            last = error
    raise OSError(f"no free port from {port} on {host}: {last}") from last


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _announce(host: str, port: int, settings: Settings) -> None:
    name = f"[{host}]" if ":" in host else host
    lines = [f"LoanFlow task list: http://{name}:{port}/"]
    if settings.demo:
        lines.append(f"Demo logins, all with the password {DEMO_PASSWORD}:")
        lines += [f"  {user.id:<12} {user.name} ({', '.join(user.roles)})" for user in demo_users() if user.featured]
    lines.append("Stop with Ctrl+C.")
    print("\n".join(lines), flush=True)  # noqa: T201 - this is what the command shows
