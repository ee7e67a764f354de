"""The pytest plugin: the fixture ``flow``, and ``--bpmn-coverage``. Registered as an entry point when LoanFlow is installed.

The engine is loaded by the first test that asks for it, not by every run of pytest.
"""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from loanflow.testing.coverage import Hits
    from loanflow.testing.flow import Flow

_COVERAGE = "loanflow-bpmn-coverage"


@pytest.fixture
def flow(request: pytest.FixtureRequest) -> Generator[Flow]:
    """Give a test a world of its own: an engine in memory and a clock that stands still until it is turned."""
    from loanflow.testing.flow import Flow

    world = Flow()
    yield world
    coverage: Any = request.config.pluginmanager.get_plugin(_COVERAGE)
    if coverage is not None:
        coverage.add(world)
    world.close()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    group = parser.getgroup("loanflow", "BPMN processes (loanflow)")
    group.addoption(
        "--bpmn-coverage",
        choices=("html", "term"),
        help="tell which elements and sequence flows the tests reached: html paints them on the drawings, term is one line",
    )
    group.addoption("--bpmn-coverage-dir", default="bpmn-coverage", metavar="DIR", help="where the html report is written (bpmn-coverage)")


def pytest_configure(config: pytest.Config) -> None:
    """Collect where it was asked for."""
    if config.getoption("--bpmn-coverage"):
        config.pluginmanager.register(_Coverage(config), _COVERAGE)


class _Coverage:
    """What the tests of this run reached; in a worker of pytest-xdist, its part of it."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._found: Hits | None = None

    @property
    def hits(self) -> Hits:
        """What was reached so far."""
        from loanflow.testing.coverage import Hits

        if self._found is None:
            self._found = Hits()
        return self._found

    def add(self, world: Flow) -> None:
        """Count what the cases of a test went through."""
        from loanflow.testing.coverage import collect

        collect(world.engine, self.hits)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what a worker of pytest-xdist reached; one that crashed has nothing to hand over."""
        from loanflow.testing.coverage import Hits

        output: dict[str, Any] = getattr(node, "workeroutput", {})
        if _COVERAGE in output:
            self.hits.add(Hits.from_json(output[_COVERAGE]))

    def pytest_sessionfinish(self) -> None:
        """Hand over to the controller of pytest-xdist, where there is one."""
        output: dict[str, Any] | None = getattr(self._config, "workeroutput", None)
        if output is not None:
            output[_COVERAGE] = self.hits.to_json()

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Write the report and say what it says."""
        from loanflow.testing.coverage import summary, write

        terminalreporter.write_line("")
        terminalreporter.write_line(summary(self.hits))
        if self._config.getoption("--bpmn-coverage") == "html":
            index = write(self.hits, Path(str(self._config.rootpath), str(self._config.getoption("--bpmn-coverage-dir"))))
            terminalreporter.write_line(f"painted on the drawings in {index}")
