"""A bucket of the local OSS server, as any other client sees it."""

import oss2

from hdfs2oss.local_oss import LocalOssServer

KEYS = {"access_key_id": "test-id", "access_key_secret": "test-secret"}


def bucket(server: LocalOssServer) -> oss2.Bucket:
    """The bucket as any other client sees it, for keys that are not paths."""
    session = oss2.Session()
    session.session.trust_env = False
    return oss2.Bucket(oss2.Auth(*KEYS.values()), server.endpoint, "lake", session=session)
