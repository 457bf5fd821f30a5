"""Any file system that Hadoop's Java client knows: slower than a native client, and there for what has none."""
