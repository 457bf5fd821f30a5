# The tool: Python, Java and spark-submit (which comes with pyspark), with the package installed.
#
#   DOCKER_BUILDKIT=1 docker build -f docker/hdfs2oss.Dockerfile -t hdfs2oss .
#   docker run --rm -v "$HADOOP_CONF_DIR":/etc/hadoop/conf:ro -e OSS_ACCESS_KEY_ID -e OSS_ACCESS_KEY_SECRET \
#       hdfs2oss hdfs://namenode:8020/warehouse oss://bucket/warehouse
#
# spark-submit finds the package beside Python; another master is chosen with spark-submit's own options:
#   docker run --rm --entrypoint spark-submit ... hdfs2oss --master yarn /opt/hdfs2oss/jobs/hdfs2oss.py ...

FROM python:3.11-slim-bookworm AS build
# crcmod, which the OSS SDK needs, is compiled; without its C extension checksums are a hundred times slower.
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY setup.cfg pyproject.toml README.md ./
COPY hdfs2oss ./hdfs2oss
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir '.[spark]' \
    && /opt/venv/bin/python -c 'import crcmod._crcfunext'

FROM python:3.11-slim-bookworm
RUN apt-get update \
    && apt-get install -y --no-install-recommends openjdk-17-jre-headless procps \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 10001 hdfs2oss
COPY --from=build /opt/venv /opt/venv
COPY jobs /opt/hdfs2oss/jobs
COPY bin/hdfs2oss4emr.sh /opt/hdfs2oss/bin/
ENV PATH=/opt/venv/bin:$PATH \
    PYSPARK_PYTHON=/opt/venv/bin/python \
    HADOOP_CONF_DIR=/etc/hadoop/conf \
    PYTHONUNBUFFERED=1
USER hdfs2oss
WORKDIR /home/hdfs2oss
ENTRYPOINT ["hdfs2oss"]
