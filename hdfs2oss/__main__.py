"""`python -m hdfs2oss` and the `hdfs2oss` command."""

from __future__ import annotations

import sys

from hdfs2oss.cli import main as run


def main() -> None:
    """Run the command line of this process."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
