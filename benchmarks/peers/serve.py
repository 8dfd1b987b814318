"""Serve one of the peers, as `serinus serve` serves: Granian, one worker.

    python -m benchmarks.peers.serve NAME PORT

`DATABASE_URL` is the database that Serinus has filled; `SERINUS_TEST_ANSWER` a file with
an answer, headers and all.
"""

import sys

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

ASGI, WSGI = Interfaces.ASGI, Interfaces.WSGI
APPLICATIONS = {
    "bare_asgi": ("benchmarks.peers.bare:answer", ASGI),
    "bare_sql": ("benchmarks.peers.bare:read", ASGI),
    "fastapi_sqlalchemy": ("benchmarks.peers.fastapi_sqlalchemy:application", ASGI),
    "django_rest": ("benchmarks.peers.django_rest:application", WSGI),
}
THREADS = 8  # of what answers one request in each; as many as there are clients


def main() -> None:
    application, interface = APPLICATIONS[sys.argv[1]]
    Granian(
        application,
        port=int(sys.argv[2]),
        interface=interface,
        blocking_threads=THREADS if interface is WSGI else None,
        websockets=False,
        log_level=LogLevels.warning,
    ).serve()


if __name__ == "__main__":
    main()
