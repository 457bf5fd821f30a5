"""`python -m hdfs2oss` and the `hdfs2oss` command."""

from __future__ import annotations

import atexit
import os
import sys

from hdfs2oss.cli import main as run
from hdfs2oss.commandline.loading import own_process
from hdfs2oss.commandline.output import SteadyOutput, open_missing_descriptors
from hdfs2oss.filesystems.watchdog import calls_left_behind


def main(entry: str = "python") -> None:
    """Run the command line of this process, and end it with the exit code."""
    open_missing_descriptors()
    own_process()
    code = run(sys.argv[1:], entry)
    if calls_left_behind() or {"pyarrow", "hdfs_native"} & sys.modules.keys():
        # A thread of the HDFS client or of pyarrow that comes back while the interpreter is taken down would abort the
        # process, and with it the exit code.
        # What is due at exit is done by hand.
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            SteadyOutput(stream).flush()
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    main()
