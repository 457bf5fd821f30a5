"""No engine builds the images here, so what they rely on is compared with what there is."""

import re
from configparser import ConfigParser
from fnmatch import fnmatch

import pytest

from distribution.code import PROJECT, WHEEL_FILES

DOCKER = PROJECT / "docker"
TOOL = (DOCKER / "hdfs2oss.Dockerfile").read_text()
SANDBOX = (DOCKER / "sandbox.Dockerfile").read_text()
COMPOSE = (DOCKER / "compose.yaml").read_text()


def copied(text):
    """What COPY takes from the checkout."""
    for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE):
        yield from line.split()[:-1]


def test_all_that_the_wheel_is_built_of_is_there_when_it_is_built():
    build = TOOL[: TOOL.index("pip install")]
    names = set(copied(build))
    for needed in ("hdfs2oss", *WHEEL_FILES):
        assert {needed, needed.split("/")[0]} & names, needed


@pytest.mark.parametrize("text", [TOOL, SANDBOX], ids=["tool", "sandbox"])
def test_what_is_copied_is_there_and_not_ignored(text):
    ignored = (DOCKER / "hdfs2oss.Dockerfile.dockerignore").read_text().splitlines()
    for name in copied(text):
        assert (PROJECT / name).exists(), name
        if text is TOOL:
            assert any(fnmatch(name.split("/")[0], line[1:]) for line in ignored if line.startswith("!")), name


def test_the_python_of_the_images_is_one_that_the_project_and_its_spark_run_on():
    versions = {tuple(map(int, one.split("."))) for one in re.findall(r"^FROM python:(\d+\.\d+)-", TOOL + SANDBOX, re.M)}
    settings = ConfigParser()
    settings.read(PROJECT / "setup.cfg")
    least = tuple(map(int, re.findall(r"\d+", settings["options"]["python_requires"])))
    assert len(versions) == 1
    assert least <= min(versions)


def test_the_image_has_what_the_wrapper_and_the_readme_call():
    installed = {"hdfs2oss", "hdfs2oss4emr.sh", "spark-submit"}
    assert set(re.findall(r'^ENTRYPOINT \["(\w+)"\]', TOOL, re.MULTILINE)) <= installed
    assert set(re.findall(r"--entrypoint (\S+)", TOOL)) <= installed
    assert "PYSPARK_PYTHON=/opt/venv/bin/python" in TOOL
    assert "PATH=/opt/venv/bin:" in TOOL


def test_the_sandbox_has_what_setup_asks_for():
    packages = set(re.findall(r"^    (?:&& )?apt-get install .*?--no-install-recommends (.*?) \\$|$", SANDBOX, re.M))
    listed = " ".join(packages).split()
    asked = {"gcc", "libc6-dev", "maven", "openjdk-17-jre-headless"}
    assert asked <= set(listed)
    setup = (PROJECT / "bin/setup").read_text()
    assert all(name in setup for name in asked)


def test_compose_builds_the_images_that_there_are():
    (name,) = re.findall(r"dockerfile: (\S+)", COMPOSE)
    (context,) = re.findall(r"context: (\S+)", COMPOSE)
    assert (DOCKER / context / name).resolve() == DOCKER / "sandbox.Dockerfile"
    (image,) = re.findall(r"image: (\S+)", COMPOSE)
    assert f"-t {image} " in SANDBOX
    (service,) = re.findall(r"^  (\w+):$", COMPOSE, re.MULTILINE)
    assert f"run --rm {service}" in COMPOSE
