"""A bucket of OSS-HDFS, as its vendor's SDK wants to be told of it. Never tested on a real one."""

from __future__ import annotations

from collections.abc import Mapping

from ..keys.credentials import OssAccess

_CLASSES = {
    "fs.oss.impl": "com.aliyun.jindodata.oss.JindoOssFileSystem",
    "fs.AbstractFileSystem.oss.impl": "com.aliyun.jindodata.oss.JindoOSS",
}


def with_access(hadoop_conf: Mapping[str, str], bucket: str, access: OssAccess) -> tuple[Mapping[str, str], str]:
    """The configuration with keys, endpoint and, where it names none, the classes; and the authority of its paths."""
    host = access.endpoint.partition("://")[2]
    given = {
        "fs.oss.endpoint": host,
        "fs.oss.accessKeyId": access.access_key_id,
        "fs.oss.accessKeySecret": access.access_key_secret,
        "fs.oss.securityToken": access.security_token,
    }
    return {**_CLASSES, **hadoop_conf, **{key: value for key, value in given.items() if value}}, f"{bucket}.{host}"
