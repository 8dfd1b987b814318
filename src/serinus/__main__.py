"""`python -m serinus` and the `serinus` command."""

from serinus.presentation.cli.main import run
from serinus.wiring.operations import Operations


def main() -> None:
    run(Operations())


if __name__ == "__main__":
    main()
