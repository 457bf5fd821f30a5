"""One file of oss2's integration tests in a process of its own, against a local OSS server of its own."""

import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from xml.etree import ElementTree

from hdfs2oss.local_oss import LocalOssServer
from hdfs2oss.local_oss.faults.rule import Rule
from tests.conformance.python_clients import Oss2Suite

PLUGIN = "hermetic_oss2"
REGION = "cn-hangzhou"
KEY_ID, KEY_SECRET = "suite-id", "suite-secret"
ONE_TEST_SECONDS, WHOLE_FILE_SECONDS = 120, 280
# Two tests give up after 1 ms and want to see that; over loopback the answer may be quicker.
SLOW_ACLS = Rule("latency", operation="get_bucket_acl", seconds=0.05)
PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
KEPT_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR")


class SuiteDidNotRun(Exception):
    """The tests of a file did not run to their end: a line, and the end of what was printed."""


def outcomes_of(
    suite: Oss2Suite, file: str, signature: str, folder: Path, not_run: Iterable[str] = ()
) -> dict[str, str]:
    """`Class.test` -> passed, failed or skipped, for the tests of `file` with that version of signatures."""
    work = folder / "work"
    work.mkdir(parents=True)
    for package in ("oss2", "unittests"):  # the latter holds what some tests share; its own tests need no server
        (work / package).symlink_to(suite.folder / package)
    shutil.copytree(suite.folder / "tests", work / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    report = folder / "report.xml"
    with LocalOssServer(folder / "oss", KEY_ID, KEY_SECRET, region=REGION, faults=[SLOW_ACLS]) as server:
        tests = [f"tests/{file}.py", *(f"--deselect=tests/{file}.py::{name.replace('.', '::')}" for name in not_run)]
        printed = _run(suite, tests, work, report, _environment(folder, server.endpoint, signature))
    if not report.exists():
        raise SuiteDidNotRun(f"{file} with {signature} left no report:\n{printed[-3000:]}")
    return dict(_read(report))


def _run(suite: Oss2Suite, tests: list[str], work: Path, report: Path, environment: Mapping[str, str]) -> str:
    command = [str(suite.python), "-m", "pytest", "-q", "-p", PLUGIN, "-p", "no:cacheprovider", "-p", "no:warnings"]
    command += [f"--timeout={ONE_TEST_SECONDS}", "--show-capture=no", "--tb=short", f"--junit-xml={report}"]
    log = report.with_suffix(".log")
    with open(log, "w") as output:
        try:
            subprocess.run(
                [*command, *tests],
                cwd=work,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=WHOLE_FILE_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise SuiteDidNotRun(f"{tests[0]} did not end in {WHOLE_FILE_SECONDS} s, see {log}") from None
    return log.read_text(errors="replace")


def _environment(folder: Path, endpoint: str, signature: str) -> dict[str, str]:
    """Nothing of the caller's but what a process needs; no setting of a real account gets through."""
    kept = {name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ}
    return kept | {
        "HOME": str(folder),  # resumable uploads keep their records there
        "PYTHONPATH": str(Path(__file__).parent),
        "OSS_TEST_ENDPOINT": endpoint,
        "OSS_TEST_ACCESS_KEY_ID": KEY_ID,
        "OSS_TEST_ACCESS_KEY_SECRET": KEY_SECRET,
        "OSS_TEST_REGION": REGION,
        "OSS_TEST_AUTH_VERSION": signature,
    }


def _read(report: Path) -> Iterator[tuple[str, str]]:
    """A test with an error in its clean-up stands twice in a report; the worse outcome is yielded last."""
    found = []
    for case in ElementTree.parse(report).iter("testcase"):
        name = f"{case.get('classname', '').rpartition('.')[2]}.{case.get('name')}"
        if case.find("failure") is not None or case.find("error") is not None:
            found.append((name, FAILED))
        else:
            found.append((name, SKIPPED if case.find("skipped") is not None else PASSED))
    return iter(sorted(found, key=lambda pair: (PASSED, SKIPPED, FAILED).index(pair[1])))
