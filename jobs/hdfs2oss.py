"""What spark-submit is given. It bears the package's name, so its own folder goes off the path first."""

import os
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:] = [folder for folder in sys.path if os.path.abspath(folder) != _HERE]

if __name__ == "__main__":
    from hdfs2oss.__main__ import main

    # The runner gives local workers this Python, before the first of them starts.
    main(entry="spark-submit")

# A worker started in this folder has imported the file and wants the package.
del sys.modules[__name__]
__import__(__name__)
