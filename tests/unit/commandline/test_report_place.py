"""Where the report of a copy is, asked for by the wrapper on a gateway."""

from hdfs2oss.commandline.report_place import report_lines

KEYS = {"accessKeyId": "id", "accessKeySecret": "secret", "endpoint": "http://127.0.0.1:1"}


def typed(tmp_path, *more):
    (tmp_path / "source").mkdir(exist_ok=True)
    return [*more, "--job-dir", f"file://{tmp_path}/jobs", f"file://{tmp_path}/source", "oss://lake/target"]


def test_what_spark_hands_on_to_hadoop_counts_here_too(tmp_path):
    settings = [word for name, value in KEYS.items() for word in ("--conf", f"spark.hadoop.fs.oss.{name}={value}")]
    (line, _) = report_lines(typed(tmp_path, "--master", "yarn", *settings), {})
    assert "cannot be asked from here (nothing is on record of a copy from " in line


def test_without_keys_it_is_told_how_to_ask(tmp_path):
    (line, how) = report_lines(typed(tmp_path, "--master", "yarn"), {})
    assert "cannot be asked from here (no access key is known for oss://lake/)" in line
    assert how == f"hdfs2oss ledger file://{tmp_path}/source oss://lake/target shows what is on record"
