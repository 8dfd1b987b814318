"""PostgreSQL and Redis in containers, the versions that staging runs."""

import os
from pathlib import Path

from tests.support.running import Running, ServerMissing

POSTGRES_IMAGE = os.environ.get("SERINUS_TEST_POSTGRES_IMAGE", "postgres:15")
REDIS_IMAGE = os.environ.get("SERINUS_TEST_REDIS_IMAGE", "redis:7")

# The data is thrown away with the run.
CARELESS = "postgres -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
ROOMY = "-c max_connections=200"
# Compiling pays for none of our statements, and slim images lack what it takes.
INTERPRETED = "-c jit=off"


def engine_answers() -> bool:
    """Ask whether a Docker API is there, without spending seconds where it clearly is not."""
    home = Path.home()
    hints = (
        Path("/var/run/docker.sock"),
        home / ".docker" / "contexts",
        home / ".docker" / "run" / "docker.sock",
        home / ".testcontainers.properties",
    )
    if "DOCKER_HOST" not in os.environ and not any(hint.exists() for hint in hints):
        return False
    # Half a second of imports that most runs do not need.
    from docker.errors import DockerException  # type: ignore[import-untyped]  # noqa: PLC0415
    from testcontainers.core.docker_client import DockerClient  # noqa: PLC0415

    try:
        client = DockerClient(timeout=3).client
        try:
            return bool(client.ping())
        finally:
            client.close()
    except (DockerException, OSError):
        return False


def start_postgres() -> Running:
    from testcontainers.community.postgres import PostgresContainer  # noqa: PLC0415 - as above

    container = PostgresContainer(POSTGRES_IMAGE, driver=None)
    container.with_command(f"{CARELESS} {ROOMY} {INTERPRETED}")
    container.with_tmpfs_mount("/var/lib/postgresql/data")
    try:
        container.start()
        return Running(container.get_connection_url(driver=None), container.stop)
    except Exception as error:
        container.stop()
        raise ServerMissing(f"{POSTGRES_IMAGE} did not start: {error}") from error


def start_redis() -> Running:
    from testcontainers.community.redis import RedisContainer  # noqa: PLC0415 - as above

    container = RedisContainer(REDIS_IMAGE)
    try:
        container.start()
        host, port = container.get_container_host_ip(), container.get_exposed_port(6379)
        return Running(f"redis://{host}:{port}/0", container.stop)
    except Exception as error:
        container.stop()
        raise ServerMissing(f"{REDIS_IMAGE} did not start: {error}") from error
