"""What is known of each scheme beforehand, and so how a file can be published there whole or not at all. Pure.

    schemes                        a file appears             published by
    ----------------------------   ------------------------   -------------------------------------------------------
    hdfs viewfs webhdfs swebhdfs   when it is created         a work file, renamed over what stands there, at once
    s3a gs                         when it is closed, whole   being closed, under its own name: a rename would be a
                                                              copy. What fails before is never closed
    abfs abfss wasb wasbs          when it is created         a work file; what stands there is removed, then the work
    oss (of OSS-HDFS)                                         file is renamed: for a moment, or where a run is killed
                                                              in it until the next one, no file stands there
    others                         nobody knows               nothing: they are read only

`atomic_move` is of directories, too: of the stores above only a NameNode renames those at once, for sure.
"""

from __future__ import annotations

import enum
from typing import NamedTuple

from ...rules.filesum import COMPOSITE_CRC, MD5_OF_CRC


class Publication(enum.Enum):
    """How a file gets its name."""

    RENAMED_OVER = "renamed over"
    CLOSED = "closed"
    RENAMED = "renamed"
    NONE = "none"


class Traits(NamedTuple):
    """Of one scheme. `keeps` are letters of -p; `jars` what a class path needs beside Hadoop's own."""

    publication: Publication
    counter_name: str
    keeps: str = ""
    forbidden_characters: str = ""
    checksums: tuple[str, ...] = ()
    # The client compares what it reads with the checksums of who stores it; and likewise what it writes.
    is_checked: bool = False
    real_directories: bool = True
    atomic_move: bool = False
    has_trash: bool = False
    # The client composes the characters of a name (NFC), and so takes another name for one that is not.
    composes_names: bool = False
    # It shows only when a file is closed that its directory is missing, or is a file.
    is_late: bool = False
    # Directories are listed page by page, in the order of a NameNode; elsewhere whole, and sorted here.
    is_paged: bool = False
    jars: str = ""


_HDFS = Traits(
    Publication.RENAMED_OVER,
    "HDFS",
    keeps="rbugpaxt",
    forbidden_characters=":",
    checksums=(MD5_OF_CRC, COMPOSITE_CRC),
    is_checked=True,
    atomic_move=True,
    has_trash=True,
    is_paged=True,
)
# Its ACLs take no names but ASCII ones.
_WEB = _HDFS._replace(counter_name="WEBHDFS", keeps="rbugpxt", checksums=(MD5_OF_CRC,), is_checked=False)
_WEB = _WEB._replace(composes_names=True, is_late=True)
_AZURE = Traits(Publication.RENAMED, "AZURE", jars="hadoop-azure and what it needs")
_BY_SCHEME = {
    "hdfs": _HDFS,
    "viewfs": _HDFS._replace(counter_name="VIEWFS", is_paged=False),
    "webhdfs": _WEB,
    "swebhdfs": _WEB,
    "s3a": Traits(Publication.CLOSED, "S3A", jars="hadoop-aws and the AWS SDK"),
    "gs": Traits(Publication.CLOSED, "GS", jars="the Cloud Storage connector"),
    "abfs": _AZURE,
    "abfss": _AZURE,
    "wasb": _AZURE,
    "wasbs": _AZURE,
    "oss": Traits(Publication.RENAMED, "OSS_HDFS", jars="the SDK of OSS-HDFS (JindoSDK)"),
}


def traits_of(scheme: str) -> Traits:
    """What is known of a scheme; of one that is not known, that nothing is written there."""
    return _BY_SCHEME.get(scheme) or Traits(Publication.NONE, scheme.upper().replace("-", "_"))
