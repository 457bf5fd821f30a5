# The sandbox: a real one-node HDFS and the local OSS server, for trying the tool out where no Java is installed.
#
#   DOCKER_BUILDKIT=1 docker build -f docker/sandbox.Dockerfile -t hdfs2oss-sandbox .
#   docker run --rm -it hdfs2oss-sandbox
#
# The servers listen on the container's loopback only, so the tool is used inside: the shell that starts has the
# environment of "bin/sandbox env" and the tool's command on its PATH.

FROM python:3.11-slim-bookworm
# Debian keeps only the newest version of a package: a pinned one could not be installed for long.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev make maven openjdk-17-jre-headless procps \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/hdfs2oss
COPY . .
RUN bin/setup && rm -rf /root/.m2 /root/.cache/pip
ENV PATH=/opt/hdfs2oss/.venv/bin:$PATH
ENTRYPOINT ["bash", "-c", "bin/sandbox up && eval \"$(bin/sandbox env)\" && exec bash \"$@\"", "sandbox"]
