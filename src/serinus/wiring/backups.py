"""`serinus backup` and `serinus restore`."""

from collections.abc import Sequence
from pathlib import Path

from serinus.infrastructure.postgres import backup
from serinus.presentation.cli.operations import Stopped
from serinus.wiring.ready import migrated, opened, settings_here


class Backups:
    """What these commands need done."""

    def back_up(self, target: Path) -> int:
        with opened(settings_here()) as (found, _):
            try:
                return backup.dump(found.url, target)
            except backup.BackupFailed as error:
                raise Stopped(str(error)) from error

    def restore(self, source: Path) -> Sequence[str]:
        with opened(settings_here()) as (found, settings):
            try:
                backup.restore(found.url, source)
            except backup.BackupFailed as error:
                raise Stopped(str(error)) from error
            return migrated(settings)
