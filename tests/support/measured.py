"""What tests measured, printed at the end of a run however many processes it had.

A test says it by `record_property(MEASURED, "9 requests in 1 s")`.
"""

import pytest

MEASURED = "measured"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport) and report.when == "call":
                for name, value in report.user_properties:
                    if name == MEASURED:
                        test = report.nodeid.rpartition("::")[2]
                        terminalreporter.write_line(f"{test}: {value}")
