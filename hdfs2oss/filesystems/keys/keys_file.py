"""A file with the keys for OSS, which somebody replaces by newer ones while a run lasts.

form                what stands in it
----------------    -----------------------------------------------------------------------------------------
lines `name=value`  as in .env files and in the configuration of ossutil; `export`, quotes, `#` and [sections]
                    are passed over
JSON                an object with such names, as STS and the metadata service of ECS answer

what is named       by whichever of these names; case, `_`, `-` and what stands before do not matter
----------------    -----------------------------------------------------------------------------------------
access key id       access_key_id          (OSS_ACCESS_KEY_ID, accessKeyID, AccessKeyId ...)
access key secret   access_key_secret
token               security_token, sts_token, session_token
expiration          expiration             such as 2026-11-22T10:00:00Z; without a time zone it is only told
"""

from __future__ import annotations

import json
import os
import re
import stat
from datetime import datetime
from typing import NamedTuple

from ...model.errors import UsageError

_FIELDS = {
    "accesskeyid": "access_key_id",
    "accesskeysecret": "access_key_secret",
    "securitytoken": "security_token",
    "ststoken": "security_token",
    "sessiontoken": "security_token",
    "expiration": "expiration",
}
_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z][\w.-]*)\s*=\s*(.*?)\s*$")
_MOST_BYTES = 64 * 1024
_KEY = re.compile(r"^(?:[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?\Z")
_FORM_HINT = (
    "Write lines such as OSS_ACCESS_KEY_ID=..., OSS_ACCESS_KEY_SECRET=..., OSS_SESSION_TOKEN=..., or the same as JSON."
)


class Keys(NamedTuple):
    """A key pair, with its token if it is a temporary one. Never to be printed."""

    access_key_id: str
    access_key_secret: str
    security_token: str = ""
    expiration: str = ""

    @property
    def expires_at(self) -> float | None:
        """Seconds since 1970; None where nobody has said when they expire, or not in which zone."""
        try:
            moment = datetime.fromisoformat(re.sub(r"[Zz]$", "+00:00", self.expiration))
        except ValueError:
            return None
        return moment.timestamp() if moment.tzinfo else None

    def __repr__(self) -> str:
        return f"Keys(***, expiration={self.expiration!r})"

    def can_sign(self) -> bool:
        """Whether they are of the characters that keys have: no end of a line came along, say."""
        return all(_KEY.match(one) for one in self[:3])

    def sign_alike(self, other: Keys) -> bool:
        """Whether requests are signed with them as with the others."""
        return self[:3] == other[:3]


def read_keys(path: str) -> Keys:
    """The keys in a file that only its owner can read. Raises UsageError that names the file, and no key."""
    try:
        mode = os.stat(path).st_mode
    except OSError as error:
        raise UsageError(f"the credentials file {path} cannot be read: {error.strerror}", _FORM_HINT) from None
    if stat.S_IMODE(mode) & 0o077:
        raise UsageError(
            f"the credentials file {path} can be read by others (mode {stat.S_IMODE(mode):o})", f"chmod 600 {path}"
        )
    return reread_keys(path)


def reread_keys(path: str) -> Keys:
    """The keys in a file, whoever can read it: on another node it may have come another way. Raises UsageError."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read(_MOST_BYTES)
    except (OSError, UnicodeDecodeError) as error:
        cause = error.strerror if isinstance(error, OSError) else "it is no text"
        raise UsageError(f"the credentials file {path} cannot be read: {cause}", _FORM_HINT) from None
    keys = parse_keys(text)
    if keys is None:
        raise UsageError(f"the credentials file {path} holds no key pair", _FORM_HINT)
    return keys


def parse_keys(text: str) -> Keys | None:
    """The keys that a text holds; None where one of the pair is missing, as in a file that is being written."""
    found: dict[str, str] = {}
    for name, value in _named(text):
        field = next((field for end, field in _FIELDS.items() if _plain(name).endswith(end)), "")
        if field and value:
            found.setdefault(field, value)
    if not found.get("access_key_id") or not found.get("access_key_secret"):
        return None
    keys = Keys(**found)
    return keys if keys.can_sign() else None


def _named(text: str) -> list[tuple[str, str]]:
    if text.lstrip().startswith("{"):
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            return []
        # STS wraps them.
        inner = document.get("Credentials")
        pairs = inner if isinstance(inner, dict) else document
        return [(name, value) for name, value in pairs.items() if isinstance(value, str)]
    lines = (_LINE.match(line) for line in text.splitlines())
    return [(found[1], found[2].strip("\"'")) for found in lines if found]


def _plain(name: str) -> str:
    return re.sub(r"[_.-]", "", name).lower()
