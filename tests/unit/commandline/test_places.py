"""Text becomes a place, and its store can be reached."""

import pytest

from hdfs2oss.commandline.places import Places, read_login
from hdfs2oss.filesystems.keys.credentials import OssAccess
from hdfs2oss.model.errors import SurveyError, UsageError
from tests.stores.metadata_service import MetadataService
from tests.unit.filesystems.kerberos.test_delegation import PROTOBUF, write_tokens

KEYS = {"OSS_ENDPOINT": "http://here", "OSS_ACCESS_KEY_ID": "i", "OSS_ACCESS_KEY_SECRET": "s"}
ON_HDFS = {"fs.defaultFS": "hdfs://nn:8020"}


def places(conf: dict[str, str] | None = None, endpoint: str = "", **environment: str) -> Places:
    return Places({**KEYS, "HADOOP_USER_NAME": "hive", **environment}, conf or {}, endpoint)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("hdfs://other/a", "hdfs://other/a"),
        ("file:///a//b/", "file:///a/b"),
        ("/a/b", "hdfs://nn:8020/a/b"),
        ("a/b", "hdfs://nn:8020/user/hive/a/b"),
        ("./clean", "hdfs://nn:8020/user/hive/clean"),
        ("./", "hdfs://nn:8020/user/hive"),
        (".", "hdfs://nn:8020/user/hive"),
        ("a//./b/../c/", "hdfs://nn:8020/user/hive/a/c"),
        ("../spark/x", "hdfs://nn:8020/user/spark/x"),
        ("hdfs:///a", "hdfs://nn:8020/a"),
    ],
)
def test_a_place_has_a_scheme_and_an_authority(text, place) -> None:
    assert str(places(ON_HDFS).resolve(text)) == place


@pytest.mark.parametrize("default", ["", "file:///"])
@pytest.mark.parametrize("text", ["/a", "a", "hdfs:///a"])
def test_without_a_default_file_system_a_bare_path_is_refused(default, text) -> None:
    with pytest.raises(UsageError, match=r"no fs\.defaultFS is configured"):
        places({"fs.defaultFS": default}).resolve(text)


def test_a_default_on_oss_names_no_namenode_and_serves_bare_paths() -> None:
    found = places({"fs.defaultFS": "oss://lake"})
    with pytest.raises(UsageError, match=r"names no NameNode, and fs\.defaultFS is oss://lake"):
        found.resolve("hdfs:///a")
    assert str(found.resolve("/a")) == "oss://lake/a"
    assert found.stores().oss == {"lake": OssAccess("http://here", "i", "s")}


def test_stores_give_access_to_what_was_resolved_and_to_nothing_else() -> None:
    found = places(ON_HDFS)
    assert found.stores().oss == {}
    found.resolve("oss://b/x")
    found.resolve("oss://b/y")
    stores = found.stores(connections=3)
    assert (stores.oss, stores.threads, stores.hdfs_user) == ({"b": OssAccess("http://here", "i", "s")}, 3, "hive")
    assert stores.hadoop_conf == ON_HDFS


@pytest.mark.parametrize(
    ("environment", "authentication", "name"),
    [
        ({"HADOOP_USER_NAME": "hive", "USER": "root"}, "", "hive"),
        ({"HADOOP_USER_NAME": "", "LOGNAME": "ann"}, "simple", "ann"),
        ({"HADOOP_USER_NAME": "hive"}, "KERBEROS", ""),
    ],
)
def test_who_we_are_travels_unless_a_ticket_says_it(environment, authentication, name, monkeypatch) -> None:
    for key, value in environment.items():
        monkeypatch.setenv(key, value)
    assert places({"hadoop.security.authentication": authentication}, **environment).stores().hdfs_user == name


@pytest.mark.parametrize(
    ("text", "handed", "access"),
    [
        ("oss://b/x", "b I S T -\n", OssAccess("https://option", "I", "S", "T")),
        ("oss://b/x", "b I S - path\n", OssAccess("https://path", "I", "S")),
        ("oss://b/x", "* I S - -\n", OssAccess("https://option", "I", "S")),
        ("oss://b/x", "* A A - -\nb I S - -\n", OssAccess("https://option", "I", "S")),
        ("oss://b.path/x", "b I S - other\n", OssAccess("https://path", "I", "S")),
        ("oss://b/x", "other I S - -\n", OssAccess("https://option", "i", "s")),
    ],
)
def test_keys_that_were_handed_over_go_before_those_of_the_environment(text, handed, access) -> None:
    found = places(endpoint="option", HDFS2OSS_KEYS=handed)
    found.resolve(text)
    assert found.stores().oss == {"b": access}


def test_a_relative_path_that_climbs_above_the_root_is_refused() -> None:
    with pytest.raises(UsageError, match="climbs above the root"):
        Places({"HADOOP_USER_NAME": "hive"}, {"fs.defaultFS": "hdfs://nn:8020"}).resolve("../../../x")


@pytest.fixture
def keys_file(tmp_path) -> str:
    path = tmp_path / "keys"
    path.write_text("access_key_id=filed\naccess_key_secret=f\nsecurity_token=T\n")
    path.chmod(0o600)
    return str(path)


def test_a_credentials_file_counts_before_the_environment_and_the_option_before_the_variable(keys_file) -> None:
    filed = OssAccess("http://here", "filed", "f", "T", keys_file=keys_file)
    by_variable = places(OSS_CREDENTIALS_FILE=keys_file, HDFS2OSS_KEYS="* other o - -")
    by_option = Places({**KEYS, "OSS_CREDENTIALS_FILE": "/no/such"}, {}, "", keys_file)
    for found in (by_variable, by_option):
        found.resolve("oss://b/x")
        assert found.stores().oss == {"b": filed}


def test_keys_that_are_given_for_a_bucket_count_before_a_credentials_file(keys_file) -> None:
    found = places(OSS_CREDENTIALS_FILE=keys_file, HDFS2OSS_KEYS="handed h s - -")
    found.resolve("oss://i:p@b.oss-cn-hangzhou.aliyuncs.com/x")
    found.resolve("oss://handed/x")
    assert [(one.access_key_id, one.keys_file) for one in found.stores().oss.values()] == [("i", ""), ("h", "")]


def test_a_credentials_file_that_is_not_there_is_named_where_it_is_needed() -> None:
    found = places(ON_HDFS, OSS_CREDENTIALS_FILE="/no/such/keys")
    found.resolve("/a")
    with pytest.raises(UsageError, match="/no/such/keys cannot be read"):
        found.resolve("oss://b/x")


def test_a_role_that_nobody_tells_the_keys_of_is_no_misuse_of_the_command(keys_file) -> None:
    with MetadataService(dict) as service, pytest.raises(SurveyError, match="the RAM role copier") as caught:
        Places({"OSS_ENDPOINT": "here", "HDFS2OSS_METADATA_URL": service.url}, {}, ram_role="copier").resolve(
            "oss://b/x"
        )
    assert caught.value.exit_code == 3
    with pytest.raises(UsageError, match="--credentials-file and --ram-role each say"):
        Places({}, {}, "", keys_file, "copier")


KERBEROS = {**ON_HDFS, "hadoop.security.authentication": "kerberos"}


def test_with_kerberos_relative_paths_and_records_are_those_of_whose_token_it_is(tmp_path) -> None:
    found = places(KERBEROS, HADOOP_TOKEN_FILE_LOCATION=write_tokens(tmp_path, PROTOBUF))
    assert str(found.resolve("a")) == "hdfs://nn:8020/user/alice/a"
    assert found.user == "alice"
    assert found.stores().hdfs_user == ""


def test_where_nobody_can_ask_an_hdfs_that_wants_kerberos_that_is_said_of_it_alone(tmp_path) -> None:
    tokens = tmp_path / "tokens"
    tokens.write_bytes(b"none")
    found = places(KERBEROS, HADOOP_TOKEN_FILE_LOCATION=str(tokens))
    found.resolve("file:///a")
    assert found.user == "hive"
    found.resolve("hdfs://other/a")
    with pytest.raises(SurveyError, match=rf"hdfs://other wants Kerberos: the delegation tokens of {tokens}"):
        assert found.user


def test_a_keytab_and_a_principal_belong_together_and_the_keytab_is_found_from_everywhere(
    tmp_path, monkeypatch
) -> None:
    for given in (("alice@R", ""), ("", "k")):
        with pytest.raises(UsageError, match="belong together"):
            read_login(*given, {})
    assert read_login("", "", {}) == ("", "")
    of_spark = {"spark.kerberos.principal": "hive@R", "spark.kerberos.keytab": "/h"}
    assert read_login("", "", of_spark) == ("hive@R", "/h")
    assert read_login("", "", {"spark.kerberos.principal": "hive@R"}) == ("", "")
    assert read_login("alice@R", "/k", of_spark) == ("alice@R", "/k")
    monkeypatch.chdir(tmp_path)
    login = read_login("alice@R", "k", {})
    assert login == ("alice@R", f"{tmp_path}/k")
    found = Places({}, KERBEROS, login=login)
    assert found.stores().login == login


def test_by_which_client_hdfs_is_reached_travels_with_the_access_to_it() -> None:
    found = places(ON_HDFS)
    assert found.stores().hdfs_client == "native"
    assert found.stores(hdfs_client="jvm").hdfs_client == "jvm"


def test_a_scheme_that_java_has_a_class_for_is_a_place_and_others_are_not() -> None:
    found = places({"fs.sftp.impl": "org.apache.hadoop.fs.sftp.SFTPFileSystem"})
    assert str(found.resolve("sftp://h/a")) == "sftp://h/a"
    with pytest.raises(UsageError, match="scheme ftp"):
        found.resolve("ftp://h/a")


def test_a_view_may_be_what_paths_without_a_scheme_lie_on() -> None:
    assert str(places({"fs.defaultFS": "viewfs://lake"}).resolve("/a")) == "viewfs://lake/a"
