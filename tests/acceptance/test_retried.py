"""What failed is tried again, and nothing else: the commands that are printed are run, and do what they say."""

import json
import shlex

import pytest

from hdfs2oss.filesystems.registry import open_filesystem
from hdfs2oss.local_oss import LocalOssServer, Rule
from hdfs2oss.records.jobdir import pair_name
from tests.conftest import KEY_ID, KEY_SECRET
from tests.trees import Place

TREE = {f"d{number % 5}/f{number:02d}": b"%d" % number * (number + 1) for number in range(50)}
BAD = sorted(TREE)[3::10]
RETRY = "Or run this, which copies only what failed, and lists neither side:"


@pytest.fixture
def rules(oss_server):
    yield oss_server.plan
    oss_server.plan.replace([])


def refusing(*paths: str) -> list[Rule]:
    return [Rule("error", operation="put_object", key=f"*/{path}", status=403, code="AccessDenied") for path in paths]


def words_below(text: str, line: str) -> list[str]:
    """The words of the command below a line, without the program and what the fixture gives."""
    lines = text.splitlines()
    words = shlex.split(lines[next(at for at, one in enumerate(lines) if one.strip() == line) + 1])
    words = words[next(at for at, word in enumerate(words) if word in ("hdfs2oss", "-m")) + 1 :]
    words = words[words[:1] == ["hdfs2oss"] :]
    if "--processes" in words:
        at = words.index("--processes")
        del words[at : at + 2]
    return words


def pasted(command, text: str, line: str = RETRY):
    words = words_below(text, line)
    at = words.index("--job-dir") if "--job-dir" in words else None
    if at is not None and command.extra:
        del words[at : at + 2]
    return command(*words)


def requests(log) -> list[dict]:
    return [json.loads(line) for line in log.read_text().splitlines()]


def sent(log) -> list[str]:
    return sorted(one["key"] for one in requests(log) if one["operation"] == "put_object")


@pytest.mark.slow
def test_the_printed_retry_sends_exactly_what_failed_and_lists_neither_side(
    command, make_place, tmp_path, monkeypatch
) -> None:
    source = make_place("file", "source").make(TREE)
    log = tmp_path / "log"
    with LocalOssServer(tmp_path / "oss", KEY_ID, KEY_SECRET, buckets=["lake"], request_log=log) as server:
        monkeypatch.setenv("OSS_ENDPOINT", server.endpoint)
        server.plan.replace(refusing(*BAD))
        first = command("--proof-dir", "none", source, "oss://lake/t")
        assert (first.code, first["COPY"], first["FAIL"]) == (4, 45, 5), first.text
        server.plan.replace([])
        log.write_text("")
        again = pasted(command, first.text)
        assert (again.code, again["COPY"], again["SKIP"], again["FILES_LISTED"]) == (0, 5, 0, 5), again.text
        assert sent(log) == sorted(f"t/{path}" for path in BAD)
        assert [
            one for one in requests(log) if "list" in one["operation"] and one["query"].get("max-keys") != "1"
        ] == []
        log.write_text("")
        nothing = command("retry", source, "oss://lake/t")
        assert nothing.code == 0
        assert "there is nothing to retry" in nothing.text
        assert sent(log) == []
        known = command("-update", source, "oss://lake/t")
        assert known["SKIP"] == 50, known.text


@pytest.mark.hdfs
@pytest.mark.parametrize("ends", ["hdfs to oss"], indirect=True)
def test_a_retry_from_hdfs_gives_the_files_and_all_directories_what_p_keeps(ends, command) -> None:
    source, target = ends
    source.make(TREE).settle()
    target.make({f"{path}/in the way": b"1" for path in BAD})
    first = command("-update", "-put", source, target)
    assert (first.code, first["COPY"], first["FAIL"]) == (4, 45, 5), first.text
    store = open_filesystem(target.uri, target.stores)
    for path in BAD:
        store.remove((target / path).uri.path, recursive=True)
    again = pasted(command, first.text)
    assert (again.code, again["COPY"], again["SKIP"]) == (0, 5, 0), again.text
    assert target.read() == TREE
    # Nothing is left to be mended, neither of files nor of directories.
    last = command("-update", "-put", source, target)
    assert (last.code, last["SKIP"], last["COPY"]) == (0, 50, 0), last.text
    assert last["FILES_REFRESHED"] == last["DIRECTORIES_REFRESHED"] == 0, last.text


def failed_copy(command, rules, source: Place, target: Place, *options: str, bad: tuple[str, ...] = ("b",)):
    rules.replace(refusing(*bad))
    done = command(*options, source, target)
    assert done.code in (4, 8), done.text
    rules.replace([])
    return done


@pytest.fixture
def upload(make_place) -> tuple[Place, Place]:
    return make_place("file", "source").make({"a": b"1", "b": b"22", "d/b": b"333"}), make_place("oss", "target")


def test_a_retry_that_fails_is_retried_and_an_update_that_was_to_overwrite_still_does(upload, command, rules) -> None:
    source, target = upload
    target.make({"b": b"old"})
    failed_copy(command, rules, source, target, "-overwrite")
    rules.replace(refusing("b"))
    second = command("retry", source, target)
    assert (second.code, second["FAIL"]) == (4, 2), second.text
    rules.replace([])
    third = pasted(command, second.text, "Next: mend the cause and run this, which tries again what failed:")
    assert (third.code, third["COPY"]) == (0, 2), third.text
    assert target.read() == {"a": b"1", "b": b"22", "d/b": b"333"}


@pytest.mark.slow
def test_what_a_verify_had_listed_is_overwritten_though_the_copy_was_a_plain_one(upload, command, rules) -> None:
    source, target = upload
    assert command("--layout", "contents", source, target).code == 0
    target.make({"b": b"xx"})
    output = target.uri.parent.join("differences")
    assert command("verify", "--read", "--layout", "contents", "--output", output, source, target).code == 7
    failed_copy(command, rules, source, target, "--layout", "contents", "--from-diff", str(output))
    assert command("retry", source, target).code == 0
    assert target.read()["b"] == b"22"


@pytest.mark.slow
def test_a_retry_deletes_nothing(upload, command, rules) -> None:
    source, target = upload
    target.make({"extra": b"kept"})
    done = failed_copy(command, rules, source, target, "-update", "-delete", "--max-delete", "9")
    assert RETRY not in done.text
    target.make({"extra": b"kept"})
    again = command("retry", source, target)
    assert (again.code, again["COPY"]) == (0, 2), again.text
    assert (target / "extra").exists()


def test_options_that_would_make_another_copy_of_it_are_refused(upload, command, rules) -> None:
    source, target = upload
    failed_copy(command, rules, source, target)
    for words in (["-update"], ["-delete"], ["-p"], ["--exclude", "b"], ["--dry-run"], ["-async"]):
        done = command("retry", *words, source, target)
        assert done.code == 2, done.text
        assert f"{words[0]} is not available with retry" in done.text
    assert command("retry", "-m", "3", "--threads", "2", source, target)["COPY"] == 2


def test_without_a_run_on_record_there_is_nothing_to_retry(upload, command) -> None:
    done = command("retry", *upload)
    assert done.code == 2
    assert "nothing is on record" in done.text


def test_a_run_that_ended_early_is_not_retried_as_not_all_was_tried(upload, command, rules) -> None:
    source, target = upload
    done = failed_copy(command, rules, source, target, "--max-failures", "0", "--threads", "1")
    assert RETRY not in done.text
    again = command("retry", source, target)
    assert again.code == 2
    whole = pasted(command, again.text, "Run the copy itself, which looks at everything again:")
    assert whole.code == 0, whole.text
    assert sorted(target.read()) == ["a", "b", "d/b"]


@pytest.mark.slow
def test_a_run_that_is_open_is_refused_with_the_command_that_goes_on_with_it(
    upload, command, rules, home, monkeypatch
) -> None:
    source, target = upload
    failed_copy(command, rules, source, target, "-update", "--exclude", "a")
    place = Place(
        target.uri._replace(scheme="file", authority="", path=f"{home}/.hdfs2oss").join(
            pair_name([source.uri], target.uri)
        ),
        source.stores,
    )
    (report,) = [path for path in place.read() if path.endswith("/report.json")]
    content = json.loads((place / report).content())
    open_filesystem(place.uri, place.stores).remove((place / report).uri.path)
    (place / report).put(json.dumps({**content, "open": True, "success": False}).encode())
    done = command("retry", source, target)
    assert done.code == 2
    assert "is not finished" in done.text
    words = words_below(done.text, "Run this, which goes on with it:")
    assert words[:4] == ["copy", "-update", "--exclude", "a"]
    # So does the copy that was typed with other options.
    refused = command("-update", source, target)
    assert refused.code == 2
    assert '--exclude was ["a"], and is not given' in refused.text
    assert words_below(refused.text, "Run this, which goes on with it:") == words
    anew = words_below(refused.text, "Or run this, which gives it up, and looks at everything anew:")
    assert anew == ["copy", "--fresh", "-update", str(source), str(target)]
    assert "Continuing run" in command(*words).text


def test_help_tells_of_the_options_that_a_retry_has(command, capfd) -> None:
    from hdfs2oss.cli import main

    assert main(["retry", "--help"]) == 0
    text = capfd.readouterr().out
    assert "hdfs2oss retry [options] SOURCE... TARGET" in text
    assert "--threads" in text
    assert "-overwrite" not in text
