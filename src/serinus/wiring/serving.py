"""The HTTP server: its workers are processes of their own, and die with their parent."""

import gc
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from pathlib import Path

from serinus.infrastructure.installed import ENGINE_V1
from serinus.infrastructure.metrics_folder import metrics_folder
from serinus.infrastructure.postgres.embedded.server import wait_until_stopped
from serinus.infrastructure.settings import Settings
from serinus.presentation.cli.operations import Stopped

APPLICATION = "serinus.wiring.http:application"
LEGACY = f"{ENGINE_V1}.application"
ENDS_WITHIN = 15  # seconds, for requests under way


def free_port(settings: Settings) -> int:
    """The port to listen on. Raise `Stopped` when it is taken.

    Asked beforehand and without SO_REUSEPORT: servers set that, and would share a taken port.
    """
    family = socket.AF_INET6 if ":" in settings.serinus_host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.serinus_host, settings.serinus_port))
        except OSError as error:
            where = f"{settings.serinus_host}:{settings.serinus_port}"
            raise Stopped(
                f"cannot listen on {where} ({error.strerror}): another server may run there; "
                "set SERINUS_PORT or SERINUS_HOST"
            ) from error
        return int(probe.getsockname()[1])


def shared_metrics(settings: Settings) -> AbstractContextManager[None]:
    """Where several workers add up what they count; before any of them is imported."""
    return metrics_folder() if settings.serinus_workers > 1 else nullcontext()


def preloading(settings: Settings) -> threading.Thread:
    """Import what workers need while this process waits for the database.

    Where workers are forked (Linux) they have it then, and share its memory.
    """
    modules = [APPLICATION.partition(":")[0]]
    if settings.use_legacy_api_v1:
        modules.append(LEGACY)

    def load() -> None:
        for module in modules:
            import_module(module)

    # A daemon: a start that fails must not wait for imports nobody needs any more.
    thread = threading.Thread(target=load, name="preload", daemon=True)
    thread.start()
    return thread


def settle() -> None:
    """Take what is there by now out of the sight of the garbage collector: it stays.

    Else the collector looks through all modules again and again, for some 80 ms each time, in
    which no request goes on; and by writing to them it undoes that workers share their memory.
    Source: the documentation of `gc.freeze`.
    """
    gc.freeze()


def hand_over(settings: Settings) -> None:
    """Give workers what only this process knows. They read the environment like anybody."""
    if settings.database_url is not None:
        os.environ["DATABASE_URL"] = str(settings.database_url)
    os.environ["SERINUS_SECRET_KEY"] = ",".join(settings.serinus_secret_key)


def serve(settings: Settings, port: int) -> None:
    """Run until a signal. Returns, or raises SystemExit when a worker cannot live."""
    if settings.serinus_server == "uvicorn":
        _serve_uvicorn(settings, port)
    else:
        _serve_granian(settings, port)


def serve_beside(settings: Settings, port: int, folder: Path | None) -> None:
    """`folder`: of the embedded server; None: there is none. Raise `Stopped` when that server
    has ended: its successor has another port.
    """
    if folder is None:
        serve(settings, port)
        return
    gone = ending_without(lambda: not wait_until_stopped(folder, 0))
    try:
        serve(settings, port)
    finally:
        if gone.is_set():
            raise Stopped(
                f"the embedded PostgreSQL has ended, see {folder / 'postgres.log'}: start again"
            )


def ending_without(alive: Callable[[], bool], *, every: float = 1.0) -> threading.Event:
    """Ask this process to stop once `alive` is false; the event says that this was why.

    `every`: seconds between looks.
    """
    gone = threading.Event()

    def watch() -> None:
        while alive():
            time.sleep(every)
        gone.set()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="database-watch", daemon=True).start()
    return gone


def die_with_parent() -> None:
    """In a worker: end when the main process is gone, however it went."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def wait() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait(5)
        os._exit(1)  # a request that never ends must not keep a headless worker

    threading.Thread(target=wait, name="parent-watch", daemon=True).start()


def _serve_granian(settings: Settings, port: int) -> None:
    from granian import Granian  # noqa: PLC0415 - only one of the two servers is loaded
    from granian.constants import Interfaces  # noqa: PLC0415
    from granian.log import LogLevels  # noqa: PLC0415

    Granian(
        APPLICATION,
        address=settings.serinus_host,
        port=port,
        interface=Interfaces.ASGI,
        factory=True,
        workers=settings.serinus_workers,
        websockets=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=settings.serinus_drain_seconds + ENDS_WITHIN,
        working_dir=Path.cwd(),
    ).serve()


def _serve_uvicorn(settings: Settings, port: int) -> None:
    import uvicorn  # noqa: PLC0415

    # Having shut down, uvicorn raises the signal again: by then it is a plain, successful exit.
    for asked in (signal.SIGTERM, signal.SIGINT):
        signal.signal(asked, lambda *_: sys.exit(0))
    uvicorn.run(
        APPLICATION,
        factory=True,
        host=settings.serinus_host,
        port=port,
        workers=settings.serinus_workers,
        log_level="warning",
        access_log=False,  # ours says more, and no query
        server_header=False,
        proxy_headers=False,  # who may set them is decided by SERINUS_TRUSTED_PROXIES
        timeout_graceful_shutdown=ENDS_WITHIN,
    )
