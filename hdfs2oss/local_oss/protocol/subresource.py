"""Query names with a meaning of their own: those V1 signs, and those that choose an operation."""

from __future__ import annotations

from collections.abc import Mapping

PARAMETERS = frozenset(
    (
        "response-content-type",
        "response-content-language",
        "response-cache-control",
        "response-content-encoding",
        "response-expires",
        "response-content-disposition",
        "partNumber",
        "position",
        "security-token",
        "startTime",
        "endTime",
        "status",
        "callback",
        "callback-var",
        "versionId",
        "inventoryId",
        "continuation-token",
        "wormId",
        "styleName",
        "replicationLocation",
    )
)
"""Signed by V1, but only parameters of an operation chosen by something else."""

SELECTORS = frozenset(
    (
        "logging",
        "acl",
        "uploadId",
        "uploads",
        "group",
        "link",
        "delete",
        "website",
        "location",
        "objectInfo",
        "objectMeta",
        "cors",
        "lifecycle",
        "restore",
        "qos",
        "referer",
        "stat",
        "bucketInfo",
        "append",
        "seal",
        "live",
        "comp",
        "vod",
        "x-oss-process",
        "symlink",
        "tagging",
        "encryption",
        "versions",
        "versioning",
        "policy",
        "requestPayment",
        "qosInfo",
        "asyncFetch",
        "sequential",
        "inventory",
        "worm",
        "wormExtend",
        "replication",
        "replicationProgress",
        "transferAcceleration",
        "cname",
        "metaQuery",
        "resourceGroup",
        "style",
        "x-oss-async-process",
        "regionList",
        "x-oss-write-get-object-response",
        "bucketArchiveDirectRead",
        "httpsConfig",
        "redundancyTransition",
        "accessPoint",
        "accessPointPolicy",
        "publicAccessBlock",
        "requesterQosInfo",
        "qosRequester",
        "resourcePoolInfo",
        "resourcePool",
        "resourcePoolBuckets",
        "policyStatus",
    )
)
"""Their presence chooses the operation. One that is not served gives 501, never another's answer."""


def is_signed_by_v1(name: str) -> bool:
    """Whether the query name is part of a V1 resource: the union of what the clients sign."""
    return name in SELECTORS or name in PARAMETERS or name.startswith("x-oss-")


def selectors_of(query: Mapping[str, str]) -> tuple[str, ...]:
    """The names in a query that choose the operation, sorted.

    `sequential` does so only where an upload begins: later requests of the upload may repeat it.
    """
    chosen = SELECTORS.intersection(query)
    if "uploadId" in chosen:
        chosen -= {"sequential"}
    return tuple(sorted(chosen))
