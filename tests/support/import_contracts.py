"""Import contracts, put to the test on a copy of the source that may be spoilt."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import serinus

SOURCE = Path(serinus.__file__).parent
VERDICT = re.compile(r"^(.+) (KEPT|BROKEN)\b", re.MULTILINE)


def contracts(configuration: Path) -> set[str]:
    """Their names."""
    parsed = tomllib.loads(configuration.read_text())
    return {each["name"] for each in parsed["tool"]["importlinter"]["contracts"]}


class Copy:
    """The source in a folder of its own, held to the contracts of one configuration."""

    def __init__(self, folder: Path, configuration: Path) -> None:
        self._folder = folder
        self._configuration = configuration
        ignore = shutil.ignore_patterns("__pycache__")
        self._source = shutil.copytree(SOURCE, folder / "serinus", ignore=ignore)

    def broken_contracts(self) -> set[str]:
        command = "from importlinter.cli import lint_imports_command as run; run()"
        done = subprocess.run(  # noqa: S603 - a command of ours
            [sys.executable, "-c", command, "--no-logo", "--config", self._configuration],
            cwd=self._folder,  # what is to be imported is looked for here first
            env=os.environ | {"COLUMNS": "200", "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        verdicts = dict(VERDICT.findall(done.stdout))
        assert set(verdicts) == contracts(self._configuration), done.stdout + done.stderr
        broken = {contract for contract, verdict in verdicts.items() if verdict == "BROKEN"}
        assert done.returncode == bool(broken)
        return broken

    def broken_by(self, module: str, imported: str) -> set[str]:
        path = self._source / module
        before = path.read_text() if path.exists() else None
        path.write_text(f"{before or ''}\nimport {imported}\n")
        try:
            return self.broken_contracts()
        finally:
            if before is None:
                path.unlink()
            else:
                path.write_text(before)
