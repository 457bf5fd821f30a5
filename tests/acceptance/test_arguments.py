"""What the command line takes, and what it refuses with exit code 2 before anything is touched."""

import re

import pytest

from hdfs2oss.cli import main

PLACES = ("file:///source", "file:///target")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("-delete", *PLACES), "Delete missing is applicable only with update or overwrite options"),
        (("-update", "--max-delete", "5", *PLACES), "--max-delete is valid only with -delete"),
        (("-update", "--allow-empty-source", *PLACES), "--allow-empty-source is valid only with -delete"),
        (("-atomic", "-update", *PLACES), "Atomic commit can't be used with sync folder or overwrite options"),
        (("-atomic", "-overwrite", "-delete", *PLACES), "-atomic and -delete exclude each other"),
        (("-tmp", "file:///x", *PLACES), "-tmp work-path can only be specified along with -atomic"),
        (("-diff", "s1", "s2", *PLACES), "-diff/-rdiff is valid only with -update option"),
        (("-update", "-diff", "s1", " ", *PLACES), "Must provide both the starting and ending snapshot names"),
        (("-update", "-diff", "s1", "s2", "-rdiff", "s2", "s1", *PLACES), "-diff and -rdiff are mutually exclusive"),
        (("--from-snapshot", "s1", "-update", "-diff", "s1", "s2", *PLACES), "exclude each other"),
        (("--make-snapshot", *PLACES), "--make-snapshot needs --from-snapshot NAME"),
        (("--from-snapshot", "a/b", *PLACES), "takes the name of a snapshot, not a path"),
        (("-m", "-f", "x"), "-m needs a value"),
        (("-log", "-update", *PLACES), "-log needs a value"),
        (("--part-size", "50k", *PLACES), "--part-size: Input should be greater than or equal to 102400"),
        (("--threads", "0", *PLACES), "--threads: Input should be"),
        (("-f", "list"), "with -f, exactly one path is given"),
        (("file:///target",), "only one path was given"),
        (("-update",), "no paths were given"),
        (("--part-size", "1k", *PLACES), "part"),
        (("--chunk-size", "1m", "--part-size", "2m", *PLACES), "--chunk-size must not be below --part-size"),
        (("--threads", "0", *PLACES), "threads"),
        (("-update=yes", *PLACES), "takes no value"),
        ((*PLACES, "-m"), "-m needs a value"),
        (("-filters", "/no/such/file", *PLACES), "does not exist"),
        (("s3://bucket/x", "file:///target"), "the scheme s3:// is not known"),
        (("", "file:///target"), "a path is empty"),
        (("/bare/path", "file:///target"), "no fs.defaultFS is configured"),
        (("relative", "file:///target"), "no fs.defaultFS is configured"),
        (("hdfs:///path", "file:///target"), "no fs.defaultFS is configured"),
        (("file:///same/x", "file:///same/x"), "does not exist"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_is_refused_with_its_reason(command, words, reason) -> None:
    done = command(*words)
    assert done.code in (2, 3) if "exist" in reason else done.code == 2, done.text
    assert reason in done.text
    assert "Traceback" not in done.text


@pytest.mark.parametrize(
    ("word", "guess"),
    [("-updat", "-update"), ("--overwite", "--overwrite"), ("-bandwith", "-bandwidth"), ("-filter", "-filters")],
)
def test_an_unknown_option_names_the_nearest_known_one(command, word, guess) -> None:
    done = command(word, *PLACES)
    assert done.code == 2
    assert f"the option {word} is not known" in done.text
    assert f"did you mean {guess}?" in done.text or f"did you mean -{guess}?" in done.text


def test_an_option_like_nothing_known_gets_no_guess(command) -> None:
    done = command("-zzzqqq", *PLACES)
    assert (done.code, "did you mean" in done.text) == (2, False)


def test_a_pasted_dash_is_named_as_what_it_is(command) -> None:
    done = command("\u2013update", *PLACES)
    assert done.code == 2
    assert "U+2013" in done.text
    assert f"-m hdfs2oss --processes 0 -update {' '.join(PLACES)}\n" in done.text


def test_no_arguments_at_all_print_the_usage(command, capfd) -> None:
    from hdfs2oss.cli import main

    assert main([]) == 2
    assert "usage: hdfs2oss [options] SOURCE... TARGET" in capfd.readouterr().err


@pytest.mark.parametrize("word", ["-h", "-help", "--help"])
def test_help_names_every_option_and_the_exit_codes(command, word) -> None:
    done = command(word)
    assert done.code == 0
    for expected in ("-update", "-overwrite", "-bandwidth", "-log", "-filters", "--job-dir", "Exit codes: 0 all well"):
        assert expected in done.text


@pytest.mark.parametrize("form", ["-update", "--update"])
@pytest.mark.parametrize("place", ["before", "between", "after"])
def test_options_work_before_between_and_after_the_paths(command, local_ends, form, place) -> None:
    source, target = local_ends
    source.make({"x": b"1"})
    target.make({})
    words = [source, target]
    words.insert(["before", "between", "after"].index(place), form)
    assert command(*words).code == 0
    assert target.read() == {"x": b"1"}


@pytest.mark.parametrize(
    "words",
    [
        ("-m", "0"),
        ("-m20",),
        ("-m=3",),
        ("--maps", "4"),
        ("-bandwidth", "11.2"),
        ("--bandwidth=200",),
        ("-i",),
        ("--part-size", "128k", "--chunk-size", "1m"),
        ("--threads", "2"),
        ("-Dfs.oss.something=1",),
        ("-D", "dfs.something=1"),
    ],
    ids=" ".join,
)
def test_is_accepted(command, local_ends, words) -> None:
    source, target = local_ends
    source.make({"x": b"1"})
    assert command(*words, source, target).code == 0
    assert target.read() == {"x": b"1"}


@pytest.mark.parametrize("option", ["-diff", "-rdiff"])
def test_110_what_has_no_snapshots_is_not_compared_by_them(command, local_ends, option) -> None:
    source, target = local_ends
    source.make({"x": b"1"})
    done = command("-update", option, "s1", "s2", source, target)
    assert (done.code, target.exists()) == (2, False)
    assert f"{source} has no snapshots; HDFS has" in done.text


def test_behind_two_dashes_all_words_are_paths(command, local_ends) -> None:
    source, target = local_ends
    source.make({"x": b"1"})
    assert command("--", source, target).code == 0
    assert target.read() == {"x": b"1"}


def test_a_plain_path_counts_from_the_default_file_system(command, local_ends, make_place) -> None:
    _, target = local_ends
    source = make_place("oss", "source").make({"x": b"1"})
    assert command("-D", "fs.defaultFS=oss://lake", source.uri.path, target).code == 0
    assert target.read() == {"x": b"1"}


def test_the_job_directory_goes_where_it_is_told_to(command, local_ends, home, tmp_path) -> None:
    source, target = local_ends
    source.make({"x": b"1"})
    assert command("--job-dir", f"file://{tmp_path}/jobs", source, target).code == 0
    assert len(list((tmp_path / "jobs").glob("*/runs/*/report.json"))) == 1
    assert list(home.iterdir()) == []


def test_the_job_directory_may_lie_on_oss(command, local_ends, make_place) -> None:
    source, target = local_ends
    jobs = make_place("oss", "jobs")
    source.make({"x": b"1"})
    assert command("--job-dir", jobs, source, target).code == 0
    assert any(path.endswith("/report.json") for path in jobs.read())


def test_a_missing_bucket_and_wrong_keys_are_named_without_the_keys(command, local_ends, monkeypatch) -> None:
    source, _ = local_ends
    source.make({"x": b"1"})
    done = command(source, "oss://nosuchbucket/x")
    assert done.code != 0
    assert "nosuchbucket" in done.text
    monkeypatch.setenv("OSS_ACCESS_KEY_SECRET", "wrong-secret")
    done = command(source, "oss://lake/x")
    assert done.code != 0
    assert "Traceback" not in done.text
    assert "wrong-secret" not in done.text


def test_missing_keys_are_refused_with_the_way_to_give_them(command, local_ends, monkeypatch) -> None:
    source, _ = local_ends
    monkeypatch.delenv("OSS_ACCESS_KEY_SECRET")
    done = command(source, "oss://lake/x")
    assert done.code == 2
    assert "OSS_ACCESS_KEY_SECRET" in done.text


@pytest.mark.parametrize("success", [True, False])
def test_the_last_line_tells_the_end(command, local_ends, success) -> None:
    source, target = local_ends
    if success:
        source.make({"x": b"1"})
    done = command(source, target)
    ending = "does succeed !!!" if success else "does fail !!!"
    assert done.text.rstrip().splitlines()[-1] == f"copy from {source} to {target} {ending}"


@pytest.mark.parametrize("success", [True, False])
def test_the_account_goes_to_standard_output_and_messages_to_standard_error(
    command, local_ends, capfd, success
) -> None:
    source, target = local_ends
    source.make({"x": b"1"})
    if not success:
        target.make({"x/y": b""})
    assert main(["--processes", "0", "-update", str(source), str(target)]) == (0 if success else 4)
    out, err = capfd.readouterr()
    job, *between, phases, last = out.splitlines()
    # Where something was copied, a line in words tells of it.
    in_words = [line for line in between[:1] if line.startswith("Copied ")]
    assert bool(in_words) is success
    first = between[len(in_words)]
    assert re.fullmatch(
        rf"Job [0-9-]+ {'completed successfully' if success else 'failed with state FAILED due to: .+'}", job
    )
    assert (first.split(": ")[0], phases.split(": ")[0], last[:9]) == ("Counters", "Phases", "copy from")
    assert [line.split(" ")[0] for line in err.splitlines() if not line.startswith(("  ", "Every"))] == (
        ["Copying"] if success else ["Copying", "FAILED:", "Which", "Next:", "Or"]
    )
