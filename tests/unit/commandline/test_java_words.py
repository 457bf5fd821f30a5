"""Which commands have a JVM in each task."""

import pytest

from hdfs2oss.commandline.java_words import go_by_java


@pytest.mark.parametrize(
    ("client", "words", "is_java"),
    [
        ("native", ["-update", "/a", "hdfs://nn/a", "oss://b/a", "file:///a", "--oss-endpoint", "https://h"], False),
        ("", ["FILE:///a"], False),
        ("jvm", ["/a", "/b"], True),
        ("native", ["/a", "s3a://bucket/a"], True),
        ("native", ["viewfs:///a"], True),
        ("native", ["oss://bucket.cn-x.oss-dls.aliyuncs.com/a"], True),
        ("native", ["-D", "fs.defaultFS=viewfs://lake", "a:b"], False),
    ],
)
def test_a_path_that_only_java_knows_or_the_option_means_a_jvm_in_each_task(client, words, is_java):
    assert go_by_java(client, words) is is_java
