"""How the process of a command ends, whatever its clients still do."""

import subprocess
import sys

import pytest

PROGRAM = """if True:
    import sys, threading, types
    from hdfs2oss.__main__ import main

    sys.modules[sys.argv.pop(1)] = types.ModuleType("stands for a client")
    # An interpreter that is taken down waits for it.
    threading.Thread(target=threading.Event().wait).start()
    main()
"""


@pytest.mark.parametrize("client", ["pyarrow", "hdfs_native"])
def test_a_process_whose_clients_have_threads_ends_at_once_with_its_code_and_all_it_said(client: str) -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM, client, "limits"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "limits are those of a running copy" in done.stdout + done.stderr
