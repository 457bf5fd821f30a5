"""A verify in memory: it finds what a plain comparison of both trees finds, and what changes meanwhile is said."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hdfs2oss.model.counters import OWN
from hdfs2oss.model.differences import Difference
from hdfs2oss.model.errors import PermissionDenied, Unreachable
from hdfs2oss.model.values import DIRECTORY, FILE
from hdfs2oss.model.verify_options import VerifyOptions
from hdfs2oss.phases.survey import VERIFICATION, survey
from hdfs2oss.phases.survey.wave import Share
from hdfs2oss.phases.verification import verify
from hdfs2oss.records.differences import PartReport, pair_of
from hdfs2oss.runners.local import LocalRunner
from hdfs2oss.runs.verification import VerifyReport
from hdfs2oss.tasks.context import RunContext
from tests.stores.faults import Fault, FlakyFileSystem, flip_first_byte
from tests.stores.memory import MemoryFileSystem
from tests.unit.conftest import place

WHOLE = Share(1_000_000, 3600.0)


def store_of(source: dict[str, bytes | None], target: dict[str, bytes | None]) -> MemoryFileSystem:
    """A store with trees at /s and /t; what ends in a slash is a directory. What cannot stand beside the rest is left
    out."""
    store = MemoryFileSystem(clock_ms=lambda: 1000)
    for root, tree in (("/s", source), ("/t", target)):
        store.make_directory(root)
        for path, data in tree.items():
            try:
                if data is None:
                    store.make_directory(f"{root}/{path.rstrip('/')}")
                elif store.status(f"{root}/{path}") is None:
                    store.place(f"{root}/{path}", data)
            except Exception:  # noqa: BLE001 - a random tree asks for a file and a directory of one name
                continue
    return store


def run(context: RunContext, entries: int | None = None) -> VerifyReport:
    share = WHOLE if entries is None else Share(entries, 3600.0)
    report = VerifyReport("run", ("/s",), "/t", pair_of(context.layout), "contents", 1000)
    runner = LocalRunner(0, pause_seconds=0.0)
    found = survey(context, runner, share, share, VERIFICATION)
    report.add_survey(found.counters, found.problems, found.notices)
    extra = [*found.missing.files, *(one for several in found.missing.directories.values() for one in several)]

    def add(part: PartReport) -> None:
        report.add_part(part)

    verify(context, runner, [*found.slices, *extra], place(f"/jobs/out-{context.run_id}"), add)
    report.settle()
    assert report.discrepancy == ""
    return report


def expected(store: MemoryFileSystem) -> Counter[tuple[str, str]]:
    """The differences by a comparison of all paths of both sides."""
    source, target = ({row.path: row for row in store.walk(root)} for root in ("/s", "/t"))
    found: Counter[tuple[str, str]] = Counter()
    for path, row in source.items():
        other = target.get(path)
        if other is None:
            holds_something = any(one.startswith(f"{path}/") for one in source)
            if row.kind == FILE or not holds_something:
                found["MISSING", path] += 1
        elif other.kind != row.kind:
            found["TYPE", path] += 1
        elif row.kind == FILE and row.length != other.length:
            found["LENGTH", path] += 1
        elif row.kind == FILE and store.read_bytes(f"/s/{path}") != store.read_bytes(f"/t/{path}"):
            found["CHECKSUM", path] += 1
    found.update(("EXTRA", path) for path in target if path not in source)
    return found


names = st.sampled_from(["a", "a-b", "a.b", "a0", "b", "c d", "ä"])
keys = st.builds(
    lambda parts, slash: "/".join(parts) + slash,
    st.lists(names, min_size=1, max_size=3),
    st.sampled_from(["", "", "/"]),
)
trees = st.dictionaries(keys, st.sampled_from([b"", b"x", b"y", b"zz"]), max_size=12).map(
    lambda tree: {key: None if key.endswith("/") else data for key, data in tree.items()}
)


@pytest.mark.slow
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None, max_examples=25
)
@given(trees, trees, st.integers(0, 5))
def test_a_verify_finds_what_a_comparison_of_all_paths_finds(make_context, source, target, entries) -> None:
    store = store_of(source, target)
    for share in (None, entries):
        report = run(
            make_context(store, ["/s"], "/t", VerifyOptions, layout="contents", update=True, read="all"), share
        )
        assert Counter((row.difference, row.path) for row in report.first) == expected(store)
        assert report.exit_code == (7 if expected(store) else 0)


def only(report: VerifyReport) -> Difference:
    (row,) = report.first
    return row


@pytest.mark.parametrize(
    ("side", "source", "target"),
    [("t", b"one", None), ("t", b"one", b"onetwo"), ("t", b"one", b"two"), ("t", None, b"one"), ("s", b"one", None),
     ("s", b"one", b"onetwo"), ("s", b"one", b"two"), ("s", None, b"one")],
)  # fmt: skip
def test_what_changes_while_it_is_verified_is_said_and_is_no_difference(make_context, side, source, target) -> None:
    store = store_of({"k": b"", **({"f": source} if source else {})}, {"k": b"", **({"f": target} if target else {})})
    # Just when the difference is looked at again.
    change = Fault(
        "status", f"/{side}/f", meanwhile=lambda: store.place(f"/{side}/f", b"something else"), silent=True, times=1
    )
    flaky = FlakyFileSystem(store)
    context = make_context(flaky, ["/s"], "/t", VerifyOptions, update=True, read="all")
    flaky.faults.append(change)
    report = run(context)
    assert change.struck == 1
    assert (only(report).difference, report.exit_code) == ("ERROR", 7)
    assert "changed while it was verified" in only(report).detail


def test_a_source_that_goes_while_it_is_verified_is_an_error(make_context) -> None:
    store = store_of({"f": b"one"}, {"f": b"one"})
    gone = Fault("open", "/s/f", meanwhile=lambda: store.remove("/s/f"), silent=True, times=1)
    report = run(make_context(FlakyFileSystem(store, gone), ["/s"], "/t", VerifyOptions, update=True, read="all"))
    assert only(report).difference == "ERROR"
    assert "changed while it was verified" in only(report).detail


def test_what_cannot_be_read_is_an_error_and_the_others_go_on(make_context) -> None:
    store = store_of({"f": b"one", "g": b"two"}, {"f": b"one", "g": b"twx"})
    flaky = FlakyFileSystem(store, Fault("open", "/s/f", PermissionDenied))
    report = run(make_context(flaky, ["/s"], "/t", VerifyOptions, update=True, read="all"))
    assert [(row.difference, row.path) for row in report.first] == [("ERROR", "f"), ("CHECKSUM", "g")]
    assert report.exit_code == 7


def test_a_failure_for_a_moment_is_no_difference(make_context) -> None:
    store = store_of({"f": b"one"}, {"f": b"one"})
    flaky = FlakyFileSystem(store, Fault("read", "/t/f", Unreachable, times=1))
    report = run(make_context(flaky, ["/s"], "/t", VerifyOptions, update=True, read="all"))
    assert (report.first, report.exit_code) == ([], 0)


def test_a_byte_that_is_read_otherwise_is_found(make_context) -> None:
    store = store_of({"d/f": b"x" * 10_000}, {"d/f": b"x" * 10_000})
    flaky = FlakyFileSystem(store, Fault("read", "/t/d/f", damage=flip_first_byte))
    row = only(run(make_context(flaky, ["/s"], "/t", VerifyOptions, update=True, read="all")))
    assert (row.difference, row.path) == ("CHECKSUM", "d/f")
    assert row.source_checksum != row.target_checksum


def test_a_directory_that_cannot_be_listed_is_told_and_nothing_below_it_is_extra(make_context) -> None:
    store = store_of({"d/f": b"one", "g": b"two"}, {"d/f": b"one", "g": b"two"})
    flaky = FlakyFileSystem(store, Fault("list", "/s/d", PermissionDenied))
    report = run(make_context(flaky, ["/s"], "/t", VerifyOptions, update=True, read="all"))
    assert report.exit_code == 8
    assert "EXTRA" not in {row.difference for row in report.first}


def test_no_byte_is_read_where_both_stores_state_checksums(make_context) -> None:
    store = store_of({f"f{number}": b"one" for number in range(9)}, {f"f{number}": b"one" for number in range(9)})
    store.capabilities = store.capabilities._replace(checksums=("CRC-64",))
    flaky = FlakyFileSystem(store)
    report = run(make_context(flaky, ["/s"], "/t", VerifyOptions, update=True))
    assert (report.exit_code, report.counters.get(OWN, "FILES_EQUAL_BY_CHECKSUMS")) == (0, 9)
    assert not [path for operation, path in flaky.calls if operation == "open" and path[:3] in ("/s/", "/t/")]


def test_where_one_side_states_a_checksum_only_the_other_is_read(make_context) -> None:
    store = store_of({"f": b"one"}, {"f": b"one"})
    flaky = FlakyFileSystem(store, Fault("checksum", "/s/f", PermissionDenied))
    store.capabilities = store.capabilities._replace(checksums=("CRC-64",))
    flaky.capabilities = store.capabilities
    report = run(make_context(flaky, ["/s"], "/t", VerifyOptions, update=True, read="unproven"))
    assert (report.exit_code, report.counters.get(OWN, "FILES_EQUAL_BY_READING")) == (0, 1)
    assert [path for operation, path in flaky.calls if operation == "open" and path.endswith("/f")] == ["/s/f"]


def test_a_second_attempt_at_a_task_tells_what_the_first_has_published(make_context) -> None:
    from hdfs2oss.phases.verification.wave import verify_task
    from hdfs2oss.rules.packing import pack

    store = store_of({"f": b"one", "d/": None}, {})
    context = make_context(store, ["/s"], "/t", VerifyOptions, update=True)
    slices = survey(context, LocalRunner(0), WHOLE, WHOLE, VERIFICATION).slices
    (task,) = pack(slices, 1)
    first = verify_task(context, place("/out"), task, "1")
    store.place("/t/f", b"one")
    second = verify_task(context, place("/out"), task, "2")
    assert first == second
    assert {(row.path, row.kind) for row in first.first} == {("f", FILE), ("d", DIRECTORY)}
