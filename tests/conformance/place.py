"""Where a client finds the server."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    endpoint: str
    key_id: str
    key_secret: str
    bucket: str
    region: str

    def environment(self) -> dict[str, str]:
        """The same for a client in a process of its own."""
        return {
            "OSS_ENDPOINT": self.endpoint,
            "OSS_ACCESS_KEY_ID": self.key_id,
            "OSS_ACCESS_KEY_SECRET": self.key_secret,
            "OSS_BUCKET": self.bucket,
            "OSS_REGION": self.region,
        }
