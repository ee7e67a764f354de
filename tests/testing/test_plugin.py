"""The pytest plugin as its users run it: the fixture, the coverage of drawings, with and without pytest-xdist."""

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]
# Always in a process of its own: pytester forgets modules after a run inside this one, and SQLAlchemy does not load twice.
PATTERNS = Path(__file__).parents[2] / "diagrams" / "patterns"
TESTS = f"""
import pytest

@pytest.mark.parametrize("score, end", [(80, "auto"), (50, "review")])
def test_choice(flow, score, end):
    flow.deploy({str(PATTERNS / "exclusive-choice.bpmn")!r}).stub("auto-approve").stub("notify")
    flow.start("pattern-exclusive-choice", score=score)

def test_deadline(flow):
    flow.deploy({str(PATTERNS / "deadline.bpmn")!r})
    case = flow.start("pattern-deadline")
    flow.advance(working_days=1)

def test_without_a_process():
    pass
"""


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_coverage_is_added_up_and_painted(pytester, workers):
    pytester.makepyfile(TESTS)
    result = pytester.runpytest_subprocess("--bpmn-coverage=html", "-p", "no:cacheprovider", *workers)
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(["BPMN coverage: * elements and sequence flows in 2 processes; not all of *"])
    folder = pytester.path / "bpmn-coverage"
    index = (folder / "index.html").read_text()
    assert "排他选择" in index
    assert "超时升级" in index
    page = (folder / "pattern-exclusive-choice.html").read_text()
    assert page.count('class="lf-node lf-done"') >= 4
    assert 'class="lf-node lf-ahead"' in page
    assert "lf-edge lf-taken" in page
    assert "自动通过" in page.split("<h2>Reached</h2>")[1]
    assert "拒绝通知" in page.split("<h2>Not reached</h2>")[1].split("<h2>Reached</h2>")[0]
    assert "<script" not in page


@pytest.mark.parametrize(("options", "said"), [(("--bpmn-coverage=term",), True), ((), False)])
def test_one_line_is_enough_and_nothing_is_said_where_nobody_asked(pytester, options, said):
    pytester.makepyfile(TESTS)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-k", "deadline", *options)
    assert ("BPMN coverage: " in result.stdout.str()) is said
    assert not (pytester.path / "bpmn-coverage").exists()


def test_runs_without_a_process_say_so(pytester):
    pytester.makepyfile("def test_nothing(): pass")
    result = pytester.runpytest_subprocess("--bpmn-coverage=html", "-p", "no:cacheprovider")
    result.stdout.fnmatch_lines(["BPMN coverage: no process was deployed"])


def test_a_failing_assertion_tells_what_happened_instead(pytester):
    pytester.makepyfile(f"""
def test_it(flow):
    flow.deploy({str(PATTERNS / "deadline.bpmn")!r})
    case = flow.start("pattern-deadline", key="T-1")
    assert case.passed("主管复核")
""")
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ['E *not passed: 主管复核; passed 到达; case T-1 stands at "复核" (task)*timer "8 小时未办" due 2026-03-02 17:00*']
    )
