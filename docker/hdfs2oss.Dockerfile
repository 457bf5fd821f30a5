# The tool: Python, Java and spark-submit (which comes with pyspark), with the package installed.
#
#   DOCKER_BUILDKIT=1 docker build -f docker/hdfs2oss.Dockerfile -t hdfs2oss .
#   docker run --rm -v "$HADOOP_CONF_DIR":/etc/hadoop/conf:ro -e OSS_ACCESS_KEY_ID -e OSS_ACCESS_KEY_SECRET \
#       hdfs2oss hdfs://namenode:8020/warehouse oss://bucket/warehouse
#
# On a cluster the wrapper finds spark-submit beside Python; mount an environment that "make dist" has made for the nodes:
#   docker run --rm --network host --entrypoint hdfs2oss4emr.sh ... hdfs2oss --master yarn --environment /env.tar.gz ...

# Debian keeps only the newest version of a package: a pinned one (DL3008) could not be installed for long.

FROM python:3.11-slim-bookworm AS build
# crcmod, which the OSS SDK needs, is compiled; without its C extension checksums are a hundred times slower.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY setup.cfg pyproject.toml README.md ./
COPY hdfs2oss ./hdfs2oss
# The wrapper, and what it gives to spark-submit, are part of the package.
COPY bin/hdfs2oss4emr.sh ./bin/
COPY jobs ./jobs
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir '.[spark]' \
    && /opt/venv/bin/python -c 'import crcmod._crcfunext'

FROM python:3.11-slim-bookworm
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends openjdk-17-jre-headless procps \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 10001 hdfs2oss
COPY --from=build /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH \
    PYSPARK_PYTHON=/opt/venv/bin/python \
    HADOOP_CONF_DIR=/etc/hadoop/conf \
    PYTHONUNBUFFERED=1
# By its number, which a host can check without looking into the image.
USER 10001
WORKDIR /home/hdfs2oss
ENTRYPOINT ["hdfs2oss"]
