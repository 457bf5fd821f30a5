"""Where the children of a directory can be cut into ranges of about the same size, found by a few looks into it."""

from __future__ import annotations

from bisect import bisect_left

from ...rules.keys import BEHIND_ALL
from ...rules.spacing import Scale, between_directories, common_start
from .client import OssClient
from .listing import PAGE_KEYS, list_entries

# So many looks at most; then what was found by then has to do.
_MOST_LOOKS = 48


def find_borders(client: OssClient, prefix: str, after: str, until: str, most: int) -> list[str]:
    """Ends of ranges (`name/`, of names that need not be there) of the children with after < key <= until.

    1. The first page tells what names look like; where it holds all of them, they are cut by the directories among
       them, of which nobody knows how much each of them holds.
    2. Looks behind ever shorter starts of them tell how much all names have in common.
    3. Looks half way to the end tell about where the last one stands.
    4. Between the first and the last one, borders stand at equal distances, as if all names between were there.
    """
    skip = len(prefix)

    def next_key(behind: str, limit: int = 1) -> list[str]:
        """The keys of the children that come next."""
        found = list_entries(client, prefix, prefix + behind, "/", limit)
        keys = (entry.key[skip:] for entry in found)
        return [key for key in keys if not until or key <= until]

    def next_name(behind: str) -> list[str]:
        return [key.rstrip("/") for key in next_key(behind)]

    keys = next_key(after + BEHIND_ALL if after.endswith("/") else after, PAGE_KEYS)
    if len(keys) < PAGE_KEYS:
        return [one for one in between_directories(keys, most) if one.count("/") == 1 and one != until]
    names = [key.rstrip("/") for key in keys]
    start = common_start(names)
    # The longest start of `start` behind which nothing else follows.
    length = bisect_left(range(len(start)), True, key=lambda size: bool(next_name(start[: size + 1] + BEHIND_ALL)))
    scale = Scale(start[:length], names)
    first, last, end = scale.number_of(names[0]), scale.number_of(names[-1]), scale.end
    if until:
        end = scale.number_of(until.rstrip("/"))
    for _ in range(_MOST_LOOKS):
        if end - last <= (last - first) // most:
            break
        middle = (last + end + 1) // 2
        found = next_name(scale.name_of(middle))
        if found:
            last = max(middle, scale.number_of(found[0]))
        else:
            end = middle - 1
    points = {scale.name_of(first + (last - first) * at // most) + "/" for at in range(1, most)}
    return sorted(one for one in points if one > after and (not until or one < until) and one.count("/") == 1)
