"""GetBucketStat; exact, unlike the service's, which lags by hours."""

from __future__ import annotations

from hdfs2oss.local_oss.operation.operation import Operation
from hdfs2oss.local_oss.protocol.message import Response, xml_response
from hdfs2oss.local_oss.protocol.xml import Node, document
from hdfs2oss.local_oss.store.totals import ClassTotal, totals_of

_NAMES = {
    "IA": "InfrequentAccess",
    "Archive": "Archive",
    "ColdArchive": "ColdArchive",
    "DeepColdArchive": "DeepColdArchive",
}


def get_bucket_stat(operation: Operation) -> Response:
    """Bytes and numbers of objects, in all and by storage class."""
    totals = totals_of(operation.store, operation.bucket)
    nothing = ClassTotal(0, 0, 0)
    standard = totals.by_class.get("Standard", nothing)
    nodes: list[Node] = [
        ("Storage", sum(total.size_bytes for total in totals.by_class.values())),
        ("ObjectCount", sum(total.objects for total in totals.by_class.values())),
        ("MultipartUploadCount", totals.uploads),
        ("MultipartPartCount", totals.parts),
        ("DeleteMarkerCount", totals.markers),
        ("LiveChannelCount", 0),
        ("LastModifiedTime", operation.now_ms() // 1000),
        ("StandardStorage", standard.size_bytes),
        ("StandardObjectCount", standard.objects),
    ]
    for storage_class, name in _NAMES.items():
        total = totals.by_class.get(storage_class, nothing)
        nodes += [
            (f"{name}Storage", total.billed_bytes),
            (f"{name}RealStorage", total.size_bytes),
            (f"{name}ObjectCount", total.objects),
        ]
    return xml_response(document(("BucketStat", nodes)))
