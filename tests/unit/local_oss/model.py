"""The service as one dictionary: what the server's answers are compared with."""

from __future__ import annotations

from itertools import count


class Version:
    def __init__(self, number, body, is_null, is_marker=False, kind="Normal"):
        self.number = number
        self.body = body
        self.is_null = is_null
        self.is_marker = is_marker
        self.kind = kind


class Model:
    """Keys to their versions, the oldest first. `versioning` is '', Enabled or Suspended."""

    def __init__(self):
        self.versioning = ""
        self.versions = {}
        self.numbers = count(1)

    def current(self, key):
        versions = self.versions.get(key)
        return versions[-1] if versions and not versions[-1].is_marker else None

    def add(self, key, body, is_marker=False, kind="Normal"):
        """A new version; one that is null replaces the null one."""
        is_null = self.versioning != "Enabled"
        kept = [version for version in self.versions.get(key, []) if not (is_null and version.is_null)]
        version = Version(next(self.numbers), body, is_null, is_marker, kind)
        self.versions[key] = [*kept, version]
        return version

    def delete(self, key):
        if self.versioning:
            return self.add(key, b"", is_marker=True)
        self.versions.pop(key, None)
        return None

    def remove(self, key, version):
        self.versions[key].remove(version)
        if not self.versions[key]:
            del self.versions[key]

    def keys(self):
        return sorted((key for key in self.versions if self.current(key)), key=str.encode)

    def page(self, prefix, delimiter, after, limit):
        """(entries, is truncated): keys and common prefixes in order."""
        entries = []
        for key in self.keys():
            if not key.startswith(prefix):
                continue
            end = key.find(delimiter, len(prefix)) if delimiter else -1
            entry = key[: end + 1] if end >= 0 else key
            is_passed = entry == after or key.encode() <= after.encode()
            if not is_passed and entry not in entries:
                entries.append(entry)
        return entries[:limit], len(entries) > limit
