"""What has to be imported late is not imported early."""

import subprocess
import sys

LOADED = "import sys, serinus.wiring.operations; print('prometheus_client' in sys.modules)"


def test_what_counts_is_not_imported_before_it_is_known_where_to() -> None:
    # Imported with the commands, it would count into the memory of each worker alone.
    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", LOADED], check=True, capture_output=True, text=True
    )

    assert done.stdout.strip() == "False"
