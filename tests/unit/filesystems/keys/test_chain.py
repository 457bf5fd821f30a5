"""Which of all places gives the keys for a bucket."""

import pytest

from hdfs2oss.filesystems.keys.chain import Asked, Found, find_keys, remarks
from hdfs2oss.filesystems.keys.keys_file import Keys
from hdfs2oss.filesystems.keys.ram_role import RamRole
from hdfs2oss.model.errors import UsageError
from hdfs2oss.model.uri import UriSecrets

ECS = "com.aliyun.jindodata.oss.auth.EcsStsCredentialsProvider"
SIMPLE = "com.aliyun.jindodata.oss.auth.SimpleCredentialsProvider"
COMMON = "com.aliyun.jindodata.oss.auth.CommonCredentialsProvider"
ENVIRONMENT = "EnvironmentVariableCredentialsProvider"
STORE = "hadoop.security.credential.provider.path"


def pair(
    prefix: str, names: str = "{}accessKeyId {}accessKeySecret {}securityToken", token: str = ""
) -> dict[str, str]:
    key_id, secret, token_name = (name.format(prefix) for name in names.split())
    return {key_id: f"id of {prefix}", secret: "secret", **({token_name: token} if token else {})}


OSS_VARIABLES = {"OSS_ACCESS_KEY_ID": "of OSS", "OSS_ACCESS_KEY_SECRET": "s"}
VENDORS_VARIABLES = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "of vendor",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "s",
    "ALIBABA_CLOUD_SECURITY_TOKEN": "T",
}
ROLE_VARIABLE = {"ALIBABA_CLOUD_ECS_METADATA": "copier"}
HADOOP = pair("fs.oss.")


def give_role(role: RamRole) -> Keys:
    return Keys(f"role {role.name}", "s", "T", "2030-01-01T00:00:00Z")


def give_nothing(conf, aliases, environment) -> dict[str, str]:
    return {}


def find(environment=None, conf=None, own=None, for_any=None, store=give_nothing, **named) -> Found:
    asked = Asked(environment or {}, conf or {}, **named, role=give_role, store=store)
    return find_keys("lake", own, for_any, asked)


@pytest.mark.parametrize(
    ("given", "key_id"),
    [
        ({"own": UriSecrets("path", "s"), "ram_role": "r"}, "path"),
        ({"ram_role": "r", "for_any": UriSecrets("any", "s")}, "role r"),
        ({"for_any": UriSecrets("any", "s"), "environment": OSS_VARIABLES}, "any"),
        ({"environment": OSS_VARIABLES | VENDORS_VARIABLES}, "of OSS"),
        ({"environment": VENDORS_VARIABLES | ROLE_VARIABLE}, "of vendor"),
        ({"environment": ROLE_VARIABLE, "conf": HADOOP}, "role copier"),
        ({"environment": {"OSS_ACCESS_KEY_ID": "half"}, "conf": HADOOP}, "id of fs.oss."),
        ({"conf": HADOOP | pair("fs.oss.bucket.lake.")}, "id of fs.oss.bucket.lake."),
        ({"conf": HADOOP | pair("fs.oss.bucket.other.")}, "id of fs.oss."),
        ({"conf": pair("fs.jfs.cache.oss.")}, "id of fs.jfs.cache.oss."),
    ],
)
def test_the_first_place_that_has_a_whole_pair_gives_it(given, key_id) -> None:
    assert find(**given).keys.access_key_id == key_id


def test_a_credentials_file_counts_before_the_environment(tmp_path) -> None:
    path = tmp_path / "keys"
    path.write_text("OSS_ACCESS_KEY_ID=filed\nOSS_ACCESS_KEY_SECRET=s\n")
    path.chmod(0o600)
    found = find(OSS_VARIABLES, keys_file=str(path))
    assert (found.keys.access_key_id, found.keys_file) == ("filed", str(path))


@pytest.mark.parametrize(
    ("conf", "key_id"),
    [
        ({"fs.oss.credentials.provider": ECS, **HADOOP}, "role auto"),
        ({"fs.oss.credentials.provider": f"{SIMPLE}, {ECS}", **HADOOP}, "id of fs.oss."),
        ({"fs.oss.credentials.provider": COMMON}, "role auto"),
        (
            {"fs.oss.bucket.lake.credentials.provider": ECS, "fs.oss.credentials.provider": SIMPLE, **HADOOP},
            "role auto",
        ),
        ({"fs.jfs.cache.oss.credentials.provider": "com.aliyun.emr.fs.auth.EcsStsCredentialsProvider"}, "role auto"),
    ],
)
def test_the_classes_that_hadoop_names_decide_between_its_keys_and_the_role(conf, key_id) -> None:
    assert find(conf=conf).keys.access_key_id == key_id


def test_what_a_credential_store_holds_counts_before_clear_text_as_in_hadoop() -> None:
    stored = {"fs.oss.accessKeyId": "stored", "fs.oss.accessKeySecret": "s", "fs.oss.securityToken": "T"}
    asked = []

    def store(conf, aliases, environment):
        asked.extend(aliases)
        return stored

    found = find(conf={STORE: "jceks://hdfs/keys", **HADOOP}, store=store)
    assert found.keys == Keys("stored", "s", "T")
    assert found.provider.startswith("the credential provider jceks://hdfs/keys")
    assert "fs.oss.bucket.lake.accessKeySecret" in asked


def test_a_store_of_other_secrets_changes_nothing() -> None:
    found = find(conf={STORE: "jceks://hdfs/keys", **HADOOP})
    assert (found.keys.access_key_id, found.provider) == (
        "id of fs.oss.",
        "Hadoop's configuration (fs.oss.accessKeyId)",
    )


def test_no_store_is_opened_where_the_environment_has_keys() -> None:
    def store(conf, aliases, environment):
        raise AssertionError("it costs a JVM")

    assert find(OSS_VARIABLES, {STORE: "jceks://hdfs/keys"}, store=store).keys.access_key_id == "of OSS"


def refuse(conf, aliases, environment):
    raise UsageError("the credential provider jceks://hdfs/keys cannot be read: there is no Java client here")


def test_a_store_that_cannot_be_read_is_told_unless_hadoop_has_keys_in_clear_text() -> None:
    with pytest.raises(UsageError, match="jceks://hdfs/keys cannot be read: there is no Java"):
        find(conf={STORE: "jceks://hdfs/keys"}, store=refuse)
    assert find(conf={STORE: "jceks://hdfs/keys", **HADOOP}, store=refuse).keys.access_key_id == "id of fs.oss."


@pytest.mark.parametrize(
    ("conf", "words"),
    [
        ({}, "--ram-role auto"),
        ({STORE: "jceks://hdfs/keys"}, "jceks://hdfs/keys has none"),
        ({"fs.oss.credentials.provider": "org.acme.Vault"}, "names Vault, which is a Java class"),
        ({"fs.oss.credentials.provider": f"x.{ENVIRONMENT}", **HADOOP}, f"that takes it: {ENVIRONMENT}."),
        ({"fs.oss.credentials.provider": ENVIRONMENT, STORE: "jceks://hdfs/keys"}, "stores hold does not count"),
    ],
)
def test_without_keys_all_ways_to_give_them_are_told(conf, words) -> None:
    with pytest.raises(UsageError, match="no access key is known for oss://lake/") as caught:
        find(conf=conf)
    assert words in caught.value.hint


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"own": UriSecrets("i", "HUSH")}, ["WARNING: the keys of oss://lake stand in its path"]),
        ({"environment": OSS_VARIABLES}, []),
        ({"environment": {**OSS_VARIABLES, "OSS_SESSION_TOKEN": "HUSH"}}, ["temporary, and nobody renews"]),
        ({"ram_role": "r"}, ["the RAM role r (metadata service http://100.100.100.200), valid until 2030-01-01"]),
    ],
)
def test_the_operator_is_told_what_matters_of_the_keys(given, words) -> None:
    said = list(remarks("lake", find(**given)))
    assert len(said) == len(words)
    assert all(one in line for one, line in zip(words, said, strict=True))
    assert not any("HUSH" in line for line in said)


@pytest.mark.parametrize("name", ["OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET", "OSS_SESSION_TOKEN"])
@pytest.mark.parametrize("value", ["HUSH\r", "HU\nSH", "HUSH ", "HUSH\udcff"])
def test_keys_that_no_header_can_hold_are_refused_with_who_gave_them(name, value):
    environment = {"OSS_ACCESS_KEY_ID": "i", "OSS_ACCESS_KEY_SECRET": "s", name: value}
    with pytest.raises(UsageError, match=r"characters that no key has: .*OSS_ACCESS_KEY_ID") as caught:
        find_keys("lake", None, None, Asked(environment, {}))
    assert "HUSH" not in f"{caught.value}{caught.value.hint}"
