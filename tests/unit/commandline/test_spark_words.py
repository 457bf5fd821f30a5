"""Whose words they are, on the wrapper's command line."""

import pytest

from hdfs2oss.commandline.spark_words import (
    properties_file,
    read_defaults,
    redacted,
    replaced,
    settings_of,
    sort_words,
    value_of,
)
from hdfs2oss.model.errors import UsageError

FILTERS = ("-filters", "--filters")


def test_options_of_spark_submit_are_known_by_name_and_lists_are_given_once():
    words = sort_words(
        ["-update", "--master", "yarn", "/a", "--files=f", "--files", "g", "--supervise", "--environment", "e", "/b"]
    )
    assert words.spark == (("--master", "yarn"), ("--supervise",))
    assert words.lists == {"--files": ("f", "g")}
    assert words.tool == ("-update", "/a", "/b")
    assert words.environment == "e"
    assert not words.prints


def test_behind_a_lone_dash_dash_all_words_are_for_hdfs2oss():
    words = sort_words(["--print-command", "--", "--master", "--help"])
    assert (words.tool, words.prints, words.asks_for_help) == (("--master", "--help"), True, True)


def test_an_option_of_spark_submit_needs_its_value():
    with pytest.raises(UsageError, match="--master needs a value"):
        sort_words(["/a", "--master"])


def test_options_count_before_settings_and_settings_before_defaults():
    words = sort_words(
        ["--conf", "spark.a=1=2", "-c", "spark.b=3", "--executor-cores", "4", "--conf", "spark.master=x"]
    )
    defaults = {"spark.a": "0", "spark.c": "9", "spark.master": "yarn", "spark.executor.cores": "1"}
    assert settings_of(words, defaults) == {
        "spark.a": "1=2",
        "spark.b": "3",
        "spark.c": "9",
        "spark.master": "x",
        "spark.executor.cores": "4",
    }
    assert settings_of(sort_words(["--master", "y", "--conf", "spark.master=x"]), {})["spark.master"] == "y"


def test_defaults_are_read_as_spark_writes_them(tmp_path):
    file = tmp_path / "spark-defaults.conf"
    file.write_text("# spark.no 1\nspark.master   yarn\nspark.a=b c \n spark.e:f\nother x\n\n")
    assert read_defaults(file) == {"spark.master": "yarn", "spark.a": "b c", "spark.e": "f"}
    assert read_defaults(tmp_path / "none") == {}
    assert properties_file(sort_words(["--properties-file", "p", "--properties-file=q"])) == "q"


@pytest.mark.parametrize(
    ("words", "value", "changed"),
    [
        (["-filters", "f", "/a"], "f", ("-filters", "new", "/a")),
        (["--filters=f", "/a"], "f", ("--filters=new", "/a")),
        (["/a", "-filters=f", "-filters", "g"], "g", ("/a", "-filters=new", "-filters", "new")),
        (["/a", "-filters"], "", ("/a", "-filters")),
        (["/a", "-f", "x"], "", ("/a", "-f", "x")),
    ],
)
def test_an_option_of_hdfs2oss_is_found_and_replaced_in_all_its_spellings(words, value, changed):
    assert value_of(words, FILTERS) == value
    assert replaced(words, FILTERS, "new") == changed


def test_what_sounds_secret_is_not_shown():
    shown = redacted(["s", "--conf", "spark.ssl.keyPassword=x=y", "--conf=a.token=z", "--conf", "spark.a=b", "/a=b"])
    assert shown == ["s", "--conf", "spark.ssl.keyPassword=***", "--conf=a.token=***", "--conf", "spark.a=b", "/a=b"]


@pytest.mark.parametrize(
    "word",
    [
        "spark.driver.extraJavaOptions=-Dx=1 -Djavax.net.ssl.trustStorePassword=HUSH -Dy=2",
        "-Dx=1 -Dpassword=HUSH",
        "https://user:HUSH@host/repository",
        'spark.x=-Djavax.net.ssl.keyStorePassword="a HUSH" -Dx=1',
        "spark.x=-Djavax.net.ssl.keyStorePassword='a \"HUSH' -Dx=1",
        "spark.x=-Dfs.azure.account.key.a.host=HUSH",
    ],
)
def test_a_secret_behind_another_setting_is_not_shown(word):
    assert "HUSH" not in "".join(redacted([word]))


@pytest.mark.parametrize(
    "key",
    [
        *("spark.x.passphrase", "spark.ssl.trustStorePwd", "spark.executorEnv.PGPASS"),
        *("spark.executorEnv.AZURE_STORAGE_KEY", "spark.yarn.appMasterEnv.HDFS2OSS_KEYS"),
        *("spark.sql.catalog.x.credential", "spark.hadoop.fs.azure.account.key.a.host"),
    ],
)
def test_all_that_a_secret_is_called_hides_it(key):
    assert redacted([f"{key}=HUSH word"]) == [f"{key}=***"]


@pytest.mark.parametrize(
    "word",
    [
        *("spark.ssl.keyStore=/etc/keys.jks", "spark.security.credentials.hive.enabled=false", "spark.x.bypass=true"),
        *("spark.yarn.appMasterEnv.HDFS2OSS_KEYS_FILE=hdfs2oss.keys", "spark.x.credentials.file=/f", "keys", "/k/key"),
        *("spark.kerberos.keytab=/etc/x.keytab", "-Dkeystore=/x -Dhttp.port=1"),
    ],
)
def test_what_only_names_a_place_or_a_choice_is_shown(word):
    assert redacted([word]) == [word]
