"""The file that newer keys come in, in the forms in which such files are written."""

from pathlib import Path

import pytest

from hdfs2oss.filesystems.keys.keys_file import Keys, parse_keys, read_keys, reread_keys
from hdfs2oss.model.errors import UsageError

WHOLE = Keys("ID", "SE=CR/ET+", "TO/KEN==", "2026-11-21T22:00:00Z")


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        (
            "OSS_ACCESS_KEY_ID=ID\nOSS_ACCESS_KEY_SECRET=SE=CR/ET+\nOSS_SESSION_TOKEN=TO/KEN==\n"
            "EXPIRATION=2026-11-21T22:00:00Z\n",
            WHOLE,
        ),
        ("# mine\nexport OSS_ACCESS_KEY_ID='ID'\nexport OSS_ACCESS_KEY_SECRET=\"S\"\n", Keys("ID", "S")),
        ("[Credentials]\nlanguage=EN\naccessKeyID = ID\naccessKeySecret = S\nstsToken=T\n", Keys("ID", "S", "T")),
        ("ALIBABA_CLOUD_ACCESS_KEY_ID=ID\nALIBABA_CLOUD_ACCESS_KEY_SECRET=S", Keys("ID", "S")),
        ("fs.oss.accessKeyId=ID\nfs.oss.accessKeySecret=S\nfs.oss.securityToken=T", Keys("ID", "S", "T")),
        (
            '{"access_key_id": "ID", "access_key_secret": "SE=CR/ET+", "security_token": "TO/KEN==",'
            ' "expiration": "2026-11-21T22:00:00Z"}',
            WHOLE,
        ),
        (
            '{"AccessKeyId": "ID", "AccessKeySecret": "S", "SecurityToken": "T", "Code": "Success"}',
            Keys("ID", "S", "T"),
        ),
        (
            '{"RequestId": "R", "Credentials": {"AccessKeyId": "ID", "AccessKeySecret": "S", "SecurityToken": "T"}}',
            Keys("ID", "S", "T"),
        ),
        ("", None),
        ("OSS_ACCESS_KEY_ID=ID\n", None),
        ("OSS_ACCESS_KEY_ID=ID\nOSS_ACCESS_KEY_SECRET=\n", None),
        ('{"access_key_id": "ID", "access_key_sec', None),
        ('{"access_key_id": 1, "access_key_secret": null}', None),
    ],
    ids=[
        "env",
        "shell",
        "ossutil",
        "SDK",
        "Hadoop",
        "JSON",
        "ECS",
        "STS",
        "empty",
        "half",
        "no value",
        "torn",
        "types",
    ],
)
def test_keys_are_found_in_whatever_form(text: str, keys: Keys | None) -> None:
    assert parse_keys(text) == keys


def written(path: Path, text: str, mode: int = 0o600) -> str:
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def test_a_file_that_others_can_read_is_refused_at_the_start_and_no_more_later(tmp_path: Path) -> None:
    name = written(tmp_path / "keys", "OSS_ACCESS_KEY_ID=ID\nOSS_ACCESS_KEY_SECRET=hush\n", 0o640)
    with pytest.raises(UsageError, match=r"can be read by others \(mode 640\)") as caught:
        read_keys(name)
    assert caught.value.hint == f"chmod 600 {name}"
    assert reread_keys(name) == Keys("ID", "hush")


@pytest.mark.parametrize(
    ("content", "cause"),
    [(None, "No such file or directory"), ("secret=hush", "holds no key pair"), ("\udcff", "it is no text")],
    ids=["missing", "no keys", "no text"],
)
def test_a_file_without_keys_is_named_and_what_stands_in_it_is_not(tmp_path: Path, content, cause) -> None:
    path = tmp_path / "keys"
    if content is not None:
        path.write_bytes(content.encode("utf-8", "surrogateescape"))
        path.chmod(0o600)
    with pytest.raises(UsageError, match=cause) as caught:
        read_keys(str(path))
    assert str(path) in str(caught.value)
    assert "hush" not in str(caught.value) + caught.value.hint
