"""Keys on their way from a command line to the process that uses them.

Anybody can read a command line in `ps`, and Spark writes it into its event log. So keys are taken off it
and handed over in one environment variable, one line a bucket:

    bucket id secret token-or-dash endpoint-or-dash

The bucket is `*` for keys that belong to none (-Dfs.oss.accessKeyId). Where no environment travels, a
file that only its owner can read holds the same lines, and HDFS2OSS_KEYS_FILE names it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .errors import UsageError
from .uri import UriSecrets

HANDOVER_VARIABLE = "HDFS2OSS_KEYS"
HANDOVER_FILE_VARIABLE = "HDFS2OSS_KEYS_FILE"
ANY_BUCKET = "*"
# Keys in the environment: id, secret, token; the first pair that is whole counts.
KEY_VARIABLES = (
    ("OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET", "OSS_SESSION_TOKEN"),
    ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN"),
)

_NOTHING = "-"
_ADVICE_ELSEWHERE = "Let Hadoop's configuration on each node say it, or a credential store."
_ADVICE = "Set OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET instead, and write oss://bucket/path."
# Also as the value of an option, such as --job-dir=oss://...
_OSS_WORD = re.compile(r"(?ais)^(-[^=]*=)?oss://(.*)$")
# Each of a list.
_OSS_INSIDE = re.compile(r"(?ai)oss://(?=(\S*))")
# A bucket as OSS allows it, and an endpoint.
_PLACE = re.compile(r"^([a-z0-9][a-z0-9-]{1,61}[a-z0-9])(?:\.([A-Za-z0-9.-]+(?::[0-9]+)?))?$")
# What may follow oss:// when no keys do: a port has an endpoint before it, hence a dot.
_WITHOUT_KEYS = re.compile(r"^[^:@.]*(\.[^:@]*(:[0-9]*)?)?$")
# Spark's prefix for settings that are Hadoop's.
_SPARK = "spark.hadoop."
# The wrapper takes both with an equals sign, too.
_CONF = re.compile(r"(?:--conf|-c)(?:(=)|\Z)")
_HADOOP_KEYS = {
    "fs.oss.accesskeyid": "access_key_id",
    "fs.oss.accesskeysecret": "access_key_secret",
    "fs.oss.securitytoken": "security_token",
}
# A setting for OSS that holds a secret, wherever it stands: behind an option that nobody knows, say.
_STRAY = re.compile(
    r"(?ai)\bfs\.(?:jfs\.cache\.)?oss\.[\w.-]*(?:secret|passw|securitytoken|access[._-]?key)[\w.-]*\s*="
)
# What somebody wrote for oss://id:secret@bucket, with fewer slashes, or more.
_SLIPPED = re.compile(r"(?ais)^(?:-[^=]*=)?oss:(?!//[^/\s])[/\\]*\s*([^/]*)")
_LOOKS_SECRET = re.compile(r"(?ai)secret|passw|securitytoken|access[._-]?key")
# Keys of accounts and of encryption, tokens and signatures, among the settings of stores that only Java reaches.
_OF_OTHER_STORES = re.compile(
    r"(?ai)^(?:fs\.(?!oss\.|jfs\.)|google\.cloud\.|dfs\.webhdfs\.oauth2\.).*(?:secret|passw|token|credential|key\b|\.sas\.)"
)
# Of these what names a class or a place; and, of all, the file with a password in it, and a link of a view, whose path
# may have any name.
_SAYS_WHERE = re.compile(r"(?ai)provider|\.(?:endpoint|url|binding)$")
_NAMES_A_PLACE = re.compile(r"(?ai)^fs\.viewfs\.mounttable\.|password[.-]file$")
_OF_OSS = re.compile(r"(?ai)^fs\.(?:oss|jfs)\.")
# An option of which nobody knows: what its name promises stands behind it.
_OPTION = re.compile(r"(?ai)^--?[a-z][\w.-]*")
# Who asks, and with which password, before a host: what follows the colon is no port, and may hold slashes. Keys of
# oss:// are another matter.
_USER_IN_URL = re.compile(r"(?ais)^(?:-[^=]*=)?(?!oss:)[a-z][a-z0-9+.-]*://[^/@\s]*:(?:[^/\s]*@|(?![0-9]*/)\S*@)")
_ENDPOINT_OPTION = "--oss-endpoint"
_ENDPOINT_KEY = re.compile(r"(?ai)^fs\..*endpoint$")
_ENDPOINT_ADVICE = (
    "Set OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET, and write the endpoint as https://oss-cn-hangzhou.aliyuncs.com."
)
# Options of spark-submit whose URLs are Spark's own business, with whatever they hold.
_URLS_OF_SPARK = ("--conf", "-c", "--repositories", "--packages", "--jars", "--files", "--py-files", "--archives")


class _Definition(NamedTuple):
    """`-Dkey=value`, `--property key=value`, `--conf spark.hadoop.key=value`: in one word or two."""

    form: str
    key: str
    value: str
    words: int


def promises_secret(key: str) -> bool:
    """Whether a setting of this name is a secret."""
    if _NAMES_A_PLACE.search(key):
        return False
    return bool(_LOOKS_SECRET.search(key) or (_OF_OTHER_STORES.match(key) and not _SAYS_WHERE.search(key)))


def holds_secrets(argv: Sequence[str]) -> bool:
    """Whether a word of the command line gives a key away."""
    position = 0
    while position < len(argv):
        definition = _definition_at(argv, position)
        if definition and promises_secret(definition.key):
            return True
        if _refusal_at(argv, position) is not None:
            return True
        if any(_has_keys(rest) for rest in _OSS_INSIDE.findall(argv[position])) or _is_stray(argv[position]):
            return True
        position += definition.words if definition else 1
    return False


def split_secrets(argv: Sequence[str], for_spark: bool = False) -> tuple[list[str], dict[str, UriSecrets]]:
    """The command line without keys, and the keys by bucket.

    `oss://id:secret[:token]@bucket[.endpoint]/path` becomes `oss://bucket/path`, and `-D` definitions of
    Hadoop's OSS keys go. An endpoint without keys stays where it is. A secret may hold any printing
    character: keys end at the first `@` that a bucket's name follows. Raises UsageError, never repeating a
    secret, when keys are there but cannot be told apart. With `for_spark` the words are those of spark-submit
    too, so `--conf spark.hadoop.*` is such a definition.
    """
    clean: list[str] = []
    found: dict[str, UriSecrets] = {}
    defined: dict[str, str] = {}
    position = 0
    while position < len(argv):
        refusal = _refusal_at(argv, position, for_spark)
        if refusal is not None:
            raise refusal
        definition = _definition_at(argv, position, for_spark)
        if definition and promises_secret(definition.key):
            defined[_hadoop_field(definition)] = definition.value
            position += definition.words
            continue
        clean.append(_split_word(argv[position], found))
        position += 1
    if defined:
        found[ANY_BUCKET] = _keys_of_definitions(defined)
    return clean, found


def write_handover(keys: Mapping[str, UriSecrets]) -> str:
    """The value of the environment variable. Raises UsageError for what no key can be."""
    lines = []
    for bucket, secrets in keys.items():
        words = (bucket, *(word or _NOTHING for word in secrets))
        if any(not word or re.search(r"\s", word) for word in words):
            raise UsageError(f"a key for the bucket {bucket!r} holds white space", _ADVICE)
        lines.append(" ".join(words) + "\n")
    return "".join(lines)


def read_handover(environment: Mapping[str, str]) -> dict[str, UriSecrets]:
    """What was handed over, by bucket; a later line wins. Raises UsageError for a malformed line."""
    name = environment.get(HANDOVER_FILE_VARIABLE, "")
    text = environment.get(HANDOVER_VARIABLE, "") + "\n" + (_read_file(name) if name else "")
    keys: dict[str, UriSecrets] = {}
    for line in text.splitlines():
        words = line.split()
        if not words:
            continue
        if len(words) != 5:
            raise UsageError(
                f"a line of {HANDOVER_VARIABLE} has {len(words)} words, not five",
                "Each line is: bucket id secret token-or-dash endpoint-or-dash",
            )
        bucket, *values = words
        keys[bucket] = UriSecrets(*("" if value == _NOTHING else value for value in values))
    return keys


def _read_file(name: str) -> str:
    try:
        with open(name, encoding="utf-8") as file:
            return file.read()
    except OSError as error:
        raise UsageError(f"{HANDOVER_FILE_VARIABLE} names {name}, which cannot be read: {error.strerror}") from None


def _definition_at(argv: Sequence[str], position: int, for_spark: bool = False) -> _Definition | None:
    form, text, words = _setting_at(argv, position, for_spark)
    key, equals, value = text.partition("=")
    return _Definition(form, key, value, words) if equals else None


def _setting_at(argv: Sequence[str], position: int, for_spark: bool) -> tuple[str, str, int]:
    """The setting that begins here: its form, its text, and how many words it takes; empty where none does.

    Spark's own secrets (of its key stores, say) are its own business; what it hands on to Hadoop is ours.
    """
    word = argv[position]
    following = argv[position + 1] if position + 1 < len(argv) else ""
    if word in ("-D", "--D", "--property"):
        return "-D", following, 2
    if word.startswith("--D="):
        return "-D", word.removeprefix("--D="), 1
    if word.startswith(("-D", "--property=")):
        return "-D", word.removeprefix("-D").removeprefix("--property="), 1
    if for_spark and (option := _CONF.match(word)):
        text, words = (word[option.end() :], 1) if option[1] else (following, 2)
        if text.startswith(_SPARK):
            return f"--conf {_SPARK}", text.removeprefix(_SPARK), words
    return "", "", 1


def _refusal_at(argv: Sequence[str], position: int, for_spark: bool = False) -> UsageError | None:
    """What is said where a secret stands that cannot be told apart from what is around it; it is not repeated.

    -D fs.oss.accessKeySecret S      an equals sign is missing: the secret would stay, as a path
    --access-key-secret S            no such option is known
    --oss-endpoint https://id:S@host, -Dfs.oss.endpoint=..., s3a://id:S@bucket    a user and a password before a host
    """
    form, text, _ = _setting_at(argv, position, for_spark)
    key, equals, value = text.partition("=")
    if form and not equals and promises_secret(key):
        return UsageError(
            f"{form} for a secret is not of the form KEY=VALUE, and its value can be read by anybody", _ADVICE
        )
    word, before = argv[position], argv[position - 1] if position else ""
    option = _OPTION.match(word)
    if not form and option and _LOOKS_SECRET.search(option[0]):
        return UsageError("an option promises a secret by its name, and none such is known", _ADVICE)
    if form and _USER_IN_URL.match(value):
        return UsageError(f"{form}{key} holds a user and a password before a host", _ADVICE_ELSEWHERE)
    if form and _ENDPOINT_KEY.match(key) and "@" in value:
        return UsageError(f"{form} of an endpoint holds keys", _ENDPOINT_ADVICE)
    is_endpoint = before == _ENDPOINT_OPTION or word.startswith(f"{_ENDPOINT_OPTION}=")
    if is_endpoint and "@" in word:
        return UsageError(f"{_ENDPOINT_OPTION} holds keys", _ENDPOINT_ADVICE)
    if _USER_IN_URL.match(word) and not (for_spark and before in _URLS_OF_SPARK):
        return UsageError("an argument holds a user and a password before a host", _ADVICE)
    return None


def _hadoop_field(definition: _Definition) -> str:
    field = _HADOOP_KEYS.get(definition.key.lower())
    if field is None:
        what = f"{definition.form}{definition.key}"
        advice = _ADVICE if _OF_OSS.match(definition.key) else _ADVICE_ELSEWHERE
        raise UsageError(f"{what} holds a secret, and a command line can be read by anybody", advice)
    return field


def _keys_of_definitions(defined: Mapping[str, str]) -> UriSecrets:
    secrets = UriSecrets(**defined)
    if not secrets.access_key_id or not secrets.access_key_secret:
        raise UsageError("-Dfs.oss.accessKeyId and -Dfs.oss.accessKeySecret come together or not at all", _ADVICE)
    return secrets


def _has_keys(rest: str) -> bool:
    """Whether keys stand in what follows `oss://`."""
    return not _WITHOUT_KEYS.match(rest.partition("/")[0])


def _is_stray(word: str) -> bool:
    """Whether keys stand in a word in a form that nothing here takes off."""
    slipped = _SLIPPED.match(word)
    return bool(_STRAY.search(word)) or bool(slipped and _has_keys(slipped[1]))


def _split_word(word: str, found: dict[str, UriSecrets]) -> str:
    if _is_stray(word):
        raise UsageError("an argument holds keys for OSS, and not in a form that can be taken off", _ADVICE)
    if not any(_has_keys(rest) for rest in _OSS_INSIDE.findall(word)):
        return word
    match = _OSS_WORD.match(word)
    if not match:
        raise UsageError("an argument that is no oss:// path holds the keys of one", _ADVICE)
    option, rest = match[1] or "", match[2]
    for at in (position for position, character in enumerate(rest) if character == "@"):
        key_id, _, remainder = rest[:at].partition(":")
        secret, _, token = remainder.partition(":")
        place, slash, path = rest[at + 1 :].partition("/")
        names = _PLACE.match(place)
        # A path is no id: what comes first in a list has no keys, and another one has.
        if not (names and key_id and secret) or "/" in key_id:
            continue
        bucket = names[1]
        secrets = UriSecrets(key_id, secret, token, names[2] or "")
        if found.setdefault(bucket, secrets) != secrets:
            raise UsageError(f"two arguments give different keys for the bucket {bucket}", _ADVICE)
        if any(_has_keys(rest) for rest in _OSS_INSIDE.findall(path)):
            raise UsageError("an argument holds keys for OSS more than once", _ADVICE)
        return f"{option}oss://{bucket}{slash}{path}"
    raise UsageError("the keys in an oss:// path are not of the form oss://id:secret@bucket.endpoint/path", _ADVICE)
