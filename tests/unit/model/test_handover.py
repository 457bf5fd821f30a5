"""Keys leave the command line whole, and nothing else does."""

import pytest

from hdfs2oss.model.errors import UsageError
from hdfs2oss.model.handover import holds_secrets, read_handover, split_secrets, write_handover
from hdfs2oss.model.uri import UriSecrets, parse_uri

# Also what the wrapper is held to, see tests/spark/test_wrapper.py.
FORMS = {
    "plain": ("oss://ID:SECRET@bucket/a/b", "oss://bucket/a/b", ("ID", "SECRET", "", "")),
    "endpoint": ("oss://ID:SECRET@bucket.cn-x.example/a", "oss://bucket/a", ("ID", "SECRET", "", "cn-x.example")),
    "endpoint with port": ("oss://ID:SECRET@bucket.host:8080/a", "oss://bucket/a", ("ID", "SECRET", "", "host:8080")),
    "no path": ("oss://ID:SECRET@bucket", "oss://bucket", ("ID", "SECRET", "", "")),
    "token": ("oss://STS.ID:SECRET:TOKEN@bucket/a", "oss://bucket/a", ("STS.ID", "SECRET", "TOKEN", "")),
    "token with slashes": ("oss://STS.I:SECRET:T/K+E==@bucket/a", "oss://bucket/a", ("STS.I", "SECRET", "T/K+E==", "")),
    "token with colons": ("oss://ID:SECRET:a:b@bucket/a", "oss://bucket/a", ("ID", "SECRET", "a:b", "")),
    "slash": ("oss://ID:SEC/RET@bucket/a", "oss://bucket/a", ("ID", "SEC/RET", "", "")),
    "slash and at": ("oss://ID:S@E/C@bucket/a", "oss://bucket/a", ("ID", "S@E/C", "", "")),
    "at": ("oss://ID:SEC@RET@bucket/a", "oss://bucket/a", ("ID", "SEC@RET", "", "")),
    "plus and equals": ("oss://ID:S+E=C==@bucket/a", "oss://bucket/a", ("ID", "S+E=C==", "", "")),
    "percent": ("oss://ID:SE%2FC%%@bucket/a%20b", "oss://bucket/a%20b", ("ID", "SE%2FC%%", "", "")),
    "shell characters": ("oss://ID:$(x)`y`*?\\'\"@bucket/a*", "oss://bucket/a*", ("ID", "$(x)`y`*?\\'\"", "", "")),
    "at in the path": ("oss://ID:SECRET@bucket/me@x.org/x", "oss://bucket/me@x.org/x", ("ID", "SECRET", "", "")),
    "upper-case scheme": ("OSS://ID:SECRET@bucket/A", "oss://bucket/A", ("ID", "SECRET", "", "")),
    "option": ("--job-dir=oss://ID:SECRET@bucket/jobs", "--job-dir=oss://bucket/jobs", ("ID", "SECRET", "", "")),
}  # fmt: skip
HARMLESS = (
    "oss://bucket/a",
    "oss://bucket.cn-x.example/me@x.org/x:y@z",
    "oss://bucket.host:8080/me@x.org",
    "oss://bucket/a:b@c",
    "hdfs://nn:8020/a@b",
    "hdfs://nn:8020/a:b@c",
    "webhdfs://nn:9870/a:b@c",
    "abfs://container@account/a",
    "-Dfs.viewfs.mounttable.lake.link./secrets=hdfs://nn:8020/a",
    "-Dfs.s3a.aws.credentials.provider=org.example.Provider",
    "-Dfs.azure.account.oauth2.refresh.token.endpoint=https://host/a",
    "-Dhadoop.security.credential.provider.path=jceks://hdfs@nn:8020/a",
    "-Ddfs.block.access.token.enable=true",
    "--oss-endpoint=https://host:8080",
    "--exclude=*secret*@*",
    "-Dfs.oss.endpoint=https://host",
    "me:you@there/x",
    "-update",
    "-Dfs.oss.endpoint=cn-x.example",
    "-m",
    "20",
    "",
)
MALFORMED = (
    "oss://ID@bucket/a",
    "oss://ID:hush@/a",
    "oss://ID:hush/a",
    "oss://:hush@bucket/a",
    "x=oss://ID:hush@bucket/a",
    "oss:/ID:hush@bucket/a",
    "oss:ID:hush@bucket/a",
    "oss:///ID:hush@bucket/a",
    "oss:// ID:hush@bucket/a",
    "--job-dir=oss:/ID:hu/sh@bucket/a",
    "-D=fs.oss.accessKeySecret=hush",
    "-c=spark.hadoop.fs.oss.accessKeySecret=hush",
    "spark.hadoop.fs.jfs.cache.oss.accessKeySecret=hush",
    "fs.oss.bucket.b.securityToken = hush",
    "--oss-endpoint=https://ID:hu/sh@host",
    "-Dfs.oss.endpoint=https://ID:hush@host",
    "-Dfs.oss.bucket.b.endpoint=ID:hush@host",
    "--access-key-secret=hush",
    "--password-hush",
    "https://ID:hush@bucket.host/a",
    "s3a://ID:hush@bucket/a",
    "s3a://ID:hu/sh@bucket/a",
    "--job-dir=s3a://ID:hu/sh@bucket/a",
    "-Dfs.s3a.session.token=hush",
    "-Dfs.s3a.encryption.key=hush",
    "-Dfs.azure.account.key.x.dfs.core.windows.net=hush",
    "-Dfs.azure.sas.c.x.blob.core.windows.net=hush",
    "-Dfs.gs.auth.service.account.private.key=hush",
    "-Ddfs.webhdfs.oauth2.credential=hush",
    "-Dfs.s3a.proxy.host=http://ID:hu/sh@host",
)


@pytest.mark.parametrize(("word", "clean", "keys"), FORMS.values(), ids=FORMS)
def test_keys_leave_a_path_whole(word, clean, keys):
    argv, found = split_secrets(["-update", "/a", word])
    assert argv == ["-update", "/a", clean]
    assert found == {"bucket": UriSecrets(*keys)}
    assert holds_secrets([word])
    assert not holds_secrets(argv)
    assert read_handover({"HDFS2OSS_KEYS": write_handover(found)}) == found


@pytest.mark.parametrize("word", HARMLESS)
def test_what_holds_no_key_stays_as_it_is(word):
    assert split_secrets([word]) == ([word], {})
    assert not holds_secrets([word])


@pytest.mark.parametrize("word", MALFORMED)
def test_keys_that_cannot_be_told_apart_are_refused_without_repeating_them(word):
    assert holds_secrets([word])
    with pytest.raises(UsageError) as caught:
        split_secrets([word])
    assert "hush" not in f"{caught.value} {caught.value.hint}"


def test_an_endpoint_without_keys_stays_where_the_parser_finds_it():
    argv, _ = split_secrets(["oss://bucket.cn-x.example/a"])
    assert parse_uri(argv[0]).secrets.endpoint == "cn-x.example"


@pytest.mark.parametrize("form", ["-D{}", "-D {}", "--D={}", "--D {}", "--property={}", "--property {}"])
def test_hadoop_definitions_of_keys_are_taken_off_for_any_bucket(form):
    argv = ["-Dx=y"]
    for pair in ("fs.oss.accessKeyId=ID", "fs.oss.accessKeySecret=S=/@", "fs.oss.securityToken=T"):
        argv += form.format(pair).split()
    assert holds_secrets(argv)
    assert split_secrets([*argv, "/a"]) == (["-Dx=y", "/a"], {"*": UriSecrets("ID", "S=/@", "T")})


@pytest.mark.parametrize(
    "argv",
    [
        ["-Dfs.oss.accessKeySecret=hush"],
        ["-D", "fs.s3a.secret.key=hush"],
        ["-Dmy.password=hush"],
        ["-D", "a.b=http://ID:hush@h"],
    ],
)
def test_definitions_of_other_or_half_secrets_are_refused_without_repeating_them(argv):
    assert holds_secrets(argv)
    with pytest.raises(UsageError) as caught:
        split_secrets(argv)
    assert "hush" not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    "argv",
    [
        *(
            [form, key, "hush"]
            for form in ("-D", "--D", "--property")
            for key in ("fs.oss.accessKeySecret", "my.secret")
        ),
        ["-Dfs.oss.accessKeySecret", "hush"],
        ["-Dfs.oss.accessKeySecret", "=", "hush"],
        ["--property=fs.oss.accessKeySecret", "hush"],
        ["--oss-endpoint", "https://ID:hush@host"],
        ["--oss-endpoint", "ID:hush@host"],
        ["-D", "fs.oss.endpoint=ID:hu/sh@host"],
        ["--access-key-secret", "hush"],
    ],
)
def test_a_secret_in_a_word_of_its_own_is_refused_without_being_repeated(argv):
    argv = ["-update", *argv, "/a", "oss://bucket/b"]
    assert holds_secrets(argv)
    with pytest.raises(UsageError) as caught:
        split_secrets(argv)
    assert "hush" not in f"{caught.value} {caught.value.hint}"


def test_settings_of_spark_that_hold_urls_are_its_own_business():
    words = ["--repositories", "https://me:word@repo/x", "--conf", "spark.ssl.keyPassword", "/a"]
    assert split_secrets(words, for_spark=True) == (words, {})
    with pytest.raises(UsageError, match="for a secret is not of the form KEY=VALUE"):
        split_secrets(["--conf", "spark.hadoop.fs.oss.accessKeySecret", "hush"], for_spark=True)


@pytest.mark.parametrize("form", [["--conf"], ["-c"], ["--conf="], ["-c="]])
@pytest.mark.parametrize("key", ["fs.s3a.secret.key", "fs.azure.account.key.a.host", "ssl.client.keystore.password"])
def test_a_secret_that_spark_would_hand_on_to_hadoop_is_refused_in_every_spelling(form, key):
    setting = f"spark.hadoop.{key}=hush"
    words = [form[0] + setting] if form[0].endswith("=") else [form[0], setting]
    with pytest.raises(UsageError, match=f"spark.hadoop.{key} holds a secret") as caught:
        split_secrets([*words, "/a"], for_spark=True)
    assert "hush" not in f"{caught.value} {caught.value.hint}"
    assert "credential store" in caught.value.hint


def test_keys_of_oss_have_advice_of_their_own():
    for key in ("fs.oss.sseKmsSecret", "fs.jfs.cache.oss.accessKeySecret"):
        with pytest.raises(UsageError) as caught:
            split_secrets(["--conf", f"spark.hadoop.{key}=hush"], for_spark=True)
        assert "OSS_ACCESS_KEY_ID" in caught.value.hint


def test_the_file_that_a_password_is_in_may_be_named():
    words = ["-Dhadoop.security.credential.clientname.password-file=/etc/word", "-Dx.password.file=/etc/word"]
    assert split_secrets(words) == (words, {})
    assert not holds_secrets(words)


@pytest.mark.parametrize(
    "word",
    [
        "oss://bucket/a.jar,oss://ID:hush@bucket/b.jar",
        "oss://ID:hush@bucket/a.jar,oss://ID:hush@bucket/b.jar",
        "--jars=oss://ID:hush@bucket/a.jar,oss://ID:hush@bucket/b.jar",
        "hdfs://nn/a.jar,oss://ID:hush@bucket/b.jar",
        "oss://bucket/a,OSS://ID:hush@bucket/b",
    ],
)
def test_keys_of_the_second_in_a_list_are_refused_as_those_of_the_first_would_not_be_theirs(word):
    assert holds_secrets([word])
    with pytest.raises(UsageError) as caught:
        split_secrets([word], for_spark=True)
    assert "hush" not in f"{caught.value} {caught.value.hint}"


def test_different_keys_for_one_bucket_are_refused():
    with pytest.raises(UsageError, match="two arguments give different keys for the bucket bucket"):
        split_secrets(["oss://A:one@bucket/a", "oss://A:two@bucket/b"])


def test_several_buckets_are_one_line_each():
    _, found = split_secrets(["oss://A:one@bucket-1/a", "oss://B:two:tok@bucket-2.host/b"])
    assert write_handover(found) == "bucket-1 A one - -\nbucket-2 B two tok host\n"


def test_white_space_in_a_key_is_refused():
    with pytest.raises(UsageError) as caught:
        write_handover({"bucket": UriSecrets("ID", "hu sh")})
    assert "hu sh" not in str(caught.value)


def test_a_malformed_line_is_refused_without_repeating_it():
    with pytest.raises(UsageError, match="has 4 words") as caught:
        read_handover({"HDFS2OSS_KEYS": "bucket ID hush -"})
    assert "hush" not in str(caught.value)


def test_nothing_handed_over_is_nothing():
    assert read_handover({}) == {}


def test_a_file_is_read_where_no_environment_travels(tmp_path):
    (tmp_path / "keys").write_text("bucket ID SECRET - -\n")
    assert read_handover({"HDFS2OSS_KEYS_FILE": str(tmp_path / "keys")}) == {"bucket": UriSecrets("ID", "SECRET")}


def test_a_later_line_wins():
    assert read_handover({"HDFS2OSS_KEYS": "b A one - -\nb B two - -\n"})["b"].access_key_id == "B"
