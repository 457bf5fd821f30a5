"""The command that a driver tells the operator, in a shell: the wrapper with a spark-submit that only records."""

import pytest

from hdfs2oss.commandline.invocation import command_line, invocation
from hdfs2oss.commandline.wrapper_words import WRAPPER_VARIABLE
from tests.spark.conftest import JOB, WRAPPER

pytestmark = pytest.mark.slow

ODD = ["/a b", "/c*", "$(touch x)", "it's", '"q"', "-Dx=`y`", "new\nline"]


@pytest.mark.parametrize("mode", ["client", "cluster"])
def test_the_command_that_the_driver_tells_submits_the_same_once_a_shell_has_it(submitted, tmp_path, mode):
    filters = tmp_path / "f 1"
    filters.touch()
    options = ["--master", "yarn", "--deploy-mode", mode, "--conf", "spark.x=$HOME *", "-filters", str(filters)]
    python = {"PYSPARK_PYTHON": "python3"}
    done, seen = submitted(*options, *ODD, "oss://ID:HUSH-HUSH@bucket/b", **python)
    assert done.returncode == 0, done.stderr
    environment = seen["environment"]
    if mode == "cluster":
        (text,) = [word for word in seen["argv"] if word.startswith(f"spark.yarn.appMasterEnv.{WRAPPER_VARIABLE}=")]
        environment = {WRAPPER_VARIABLE: text.partition("=")[2]}
    line = command_line(invocation("spark-submit", [JOB], environment), seen["argv"][seen["argv"].index(JOB) + 1 :])
    assert line.startswith(f"{WRAPPER} --master yarn --deploy-mode {mode} --conf ")
    assert "HUSH" not in line
    assert f"-filters '{filters}'" in line
    _, again = submitted(line=line, **python)
    assert told(again["argv"]) == told(seen["argv"])


def told(argv):
    """What spark-submit was told, but for what is new each time, and for what goes along with keys."""
    varies = ("spark.yarn.tags=", "spark.yarn.appMasterEnv.HDFS2OSS_KEYS_FILE=", "--conf")
    words = [word for word in argv if not word.startswith(varies)]
    return [",".join(one for one in word.split(",") if not one.endswith("/hdfs2oss.keys")) for word in words]
