"""What is done with each -D key: it fills a field, is refused, or is named with what is done instead."""

import pytest

from hdfs2oss.commandline.properties import Settings, read_properties
from hdfs2oss.model.errors import UsageError


@pytest.mark.parametrize(
    ("key", "value", "fields"),
    [
        ("distcp.update.modification.time", "false", {"compares_times": False}),
        ("distcp.update.modification.time", " True", {"compares_times": True}),
        ("distcp.map.bandwidth.mb", "1.5", {"bandwidth_mb": 1.5}),
        ("fs.oss.endpoint", "e", {}),
        ("dfs.replication", "2", {}),
    ],
)
def test_a_key_that_means_something_fills_its_field_or_goes_to_the_stores(key, value, fields) -> None:
    assert read_properties({key: value}) == Settings(fields)


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("distcp.update.modification.time", "no", "-D distcp.update.modification.time: 'no' is neither true nor false"),
        ("distcp.map.bandwidth.mb", "fast", "-D distcp.map.bandwidth.mb: invalid float value: 'fast'"),
        ("distcp.filters.class", "com.example.Mine", "-D distcp.filters.class is not available: no Java class"),
        ("distcp.copy.listing.class", "x", "no Java class is loaded"),
        ("distcp.exclude-file-regex", ".*tmp", "a Java class that is not loaded"),
        ("distcp.filters.file", "f", "DistCp reads it from an option"),
    ],
)
def test_what_would_copy_something_else_is_refused(key, value, reason) -> None:
    with pytest.raises(UsageError, match=reason) as caught:
        read_properties({key: value})
    assert caught.value.hint


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("distcp.liststatus.threads", "listings run in parallel"),
        ("distcp.simplelisting.randomize.files", "listings run in parallel"),
        ("distcp.dynamic.max.chunks.tolerable", "tasks are always balanced"),
        ("mapreduce.job.name", "--name of spark-submit"),
        ("mapreduce.job.queuename", "--queue of spark-submit"),
    ],
)
def test_what_changes_nothing_is_named_with_what_is_done_instead(key, words) -> None:
    (note,) = read_properties({key: "x"}).notes
    assert note.startswith(f"-D {key}: not used; ")
    assert words in note


def test_keys_with_one_answer_share_a_line_and_all_others_another() -> None:
    given = dict.fromkeys(["distcp.dynamic.split.ratio", "a.b", "distcp.dynamic.max.chunks.ideal", "distcp.x"], "1")
    assert read_properties(given) == Settings(
        {},
        (
            "-D distcp.dynamic.split.ratio, -D distcp.dynamic.max.chunks.ideal: not used; tasks are always balanced, "
            "and taken by whoever is free",
            "Not used by hdfs2oss: -D a.b, -D distcp.x. Settings of Spark and YARN are options of spark-submit.",
        ),
    )
