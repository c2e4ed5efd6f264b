"""A suite that could not run everything says so."""

import pytest

NEEDS_A_PACKAGE = "import pytest\ndef test_page(): pytest.skip('needs the package chromium')\n"
SKIPS_FOR_ANOTHER_REASON = "import pytest\ndef test_page(): pytest.skip('only on Mars')\n"


def run(pytester: pytest.Pytester, source: str, *arguments: str) -> pytest.RunResult:
    pytester.makepyfile(source)
    return pytester.runpytest_subprocess("-p", "tests.left_out", *arguments)


@pytest.fixture(autouse=True)
def project_on_the_path(monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config) -> None:
    monkeypatch.setenv("PYTHONPATH", str(pytestconfig.rootpath))
    monkeypatch.setenv("PYTEST_ADDOPTS", "")


def test_what_needs_a_missing_package_is_counted_and_named(pytester: pytest.Pytester) -> None:
    result = run(pytester, NEEDS_A_PACKAGE)
    result.stdout.fnmatch_lines(["*left out for want of a system package: 1*", "*::test_page: *chromium"])
    assert result.ret == pytest.ExitCode.OK


def test_it_fails_the_run_when_nothing_may_be_left_out(pytester: pytest.Pytester) -> None:
    assert run(pytester, NEEDS_A_PACKAGE, "--nothing-left-out").ret == pytest.ExitCode.TESTS_FAILED


def test_a_skip_for_another_reason_does_not(pytester: pytest.Pytester) -> None:
    assert run(pytester, SKIPS_FOR_ANOTHER_REASON, "--nothing-left-out").ret == pytest.ExitCode.OK
