"""The files of HADOOP_CONF_DIR: a function names the keys of one file; why a key is set stands beside it."""

from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import escape

from .ports import LOOPBACK
from .secure_conf import Properties, secure_core, secure_hdfs, secure_yarn
from .state import Record

# The name service of a sandbox with two NameNodes, and theirs.
SERVICE = "sandbox"
NAMENODES = ("nn1", "nn2")
FAILOVER_PROXY = "org.apache.hadoop.hdfs.server.namenode.ha.ConfiguredFailoverProxyProvider"
# Of YARN with several nodes: when one that is silent counts as lost, and the memory of all but the first.
LOST_AFTER_MS, SMALL_NODE_MIB = 15_000, 2048
NODE_MIB = 8192
OSS_KEYS_FROM_ENVIRONMENT = "com.aliyun.oss.common.auth.EnvironmentVariableCredentialsProvider"

# The servers ask for INFO with -Dhadoop.root.logger; tools that share the folder speak up only when something
# is wrong.
LOG4J = """\
hadoop.root.logger=WARN,console
log4j.rootLogger=${hadoop.root.logger}
log4j.appender.console=org.apache.log4j.ConsoleAppender
log4j.appender.console.target=System.err
log4j.appender.console.layout=org.apache.log4j.PatternLayout
log4j.appender.console.layout.ConversionPattern=%d{ISO8601} %p %c{2}: %m%n
log4j.logger.org.apache.hadoop.util.NativeCodeLoader=ERROR
log4j.logger.BlockStateChange=WARN
log4j.logger.org.apache.hadoop.hdfs.StateChange=WARN
log4j.logger.org.apache.hadoop.hdfs.server.namenode.FSNamesystem.audit=WARN
log4j.logger.org.apache.hadoop.hdfs.server.datanode.DataNode.clienttrace=WARN
"""
# Beans of counters are made anew five times a second where somebody asks, in place of every ten seconds.
METRICS = "*.periodMillis=200\n"
# The servers look for their web pages and stop without the folders; empty ones serve WebHDFS and /jmx.
WEBAPPS = ("hdfs", "datanode", "journal", "static")


def write_conf_folder(folder: Path, files: Mapping[str, Properties]) -> None:
    """XML files by name, with the logging configuration and the folders the servers look for."""
    for webapp in WEBAPPS:
        (folder / "webapps" / webapp).mkdir(parents=True, exist_ok=True)
    (folder / "log4j.properties").write_text(LOG4J)
    (folder / "hadoop-metrics2.properties").write_text(METRICS)
    for name, properties in files.items():
        write_properties(folder / f"{name}.xml", properties)


def write_properties(path: Path, properties: Properties) -> None:
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<configuration>"]
    for key, value in properties.items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        lines.append(f"  <property><name>{escape(key)}</name><value>{escape(text)}</value></property>")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*lines, "</configuration>", ""]))


def core_site(state: Path, record: Record) -> Properties:
    properties: dict[str, object] = {
        "fs.defaultFS": default_fs(record),
        "hadoop.tmp.dir": state / "tmp",
        "fs.trash.interval": 60,  # 0 switches the trash off
    }
    if record.secure:
        properties |= secure_core(state)
    if record.kms:
        properties["hadoop.security.key.provider.path"] = f"kms://http@{LOOPBACK}:{record.ports['kms']}/kms"
    if "oss" in record.ports:
        properties |= {
            "fs.oss.impl": "org.apache.hadoop.fs.aliyun.oss.AliyunOSSFileSystem",
            "fs.AbstractFileSystem.oss.impl": "org.apache.hadoop.fs.aliyun.oss.OSS",
            "fs.oss.endpoint": f"http://{LOOPBACK}:{record.ports['oss']}",
            # The keys come from OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET and stand in no file here.
            "fs.oss.credentials.provider": OSS_KEYS_FROM_ENVIRONMENT,
        }
    return properties


def host_of(record: Record) -> str:
    """How servers are called: principals are made for a name."""
    return "localhost" if record.secure else LOOPBACK


def default_fs(record: Record) -> str:
    return f"hdfs://{SERVICE}" if record.ha else f"hdfs://{host_of(record)}:{record.ports['namenode-rpc']}"


def hdfs_site(state: Path, record: Record) -> Properties:
    return {
        **(_two_namenodes(state, record.ports) if record.ha else _one_namenode(state, record)),
        **(secure_hdfs(state) if record.secure else {}),
        "dfs.replication": 1,
        "dfs.namenode.acls.enabled": True,
        "dfs.namenode.xattrs.enabled": True,
        "dfs.namenode.safemode.extension": 0,
        "dfs.namenode.fs-limits.min-block-size": 4096,  # small files of several blocks
        "dfs.heartbeat.interval": 1,
        "dfs.namenode.heartbeat.recheck-interval": 5000,  # a DataNode that is gone counts as dead after 20 s
        "dfs.namenode.datanode.registration.ip-hostname-check": False,  # no reverse names needed
        "dfs.namenode.resource.du.reserved": 0,
    }


def _one_namenode(state: Path, record: Record) -> Properties:
    return {
        "dfs.namenode.rpc-address": f"{host_of(record)}:{record.ports['namenode-rpc']}",
        "dfs.namenode.http-address": f"{host_of(record)}:{record.ports['namenode-http']}",
        "dfs.namenode.name.dir": state / "hdfs" / "name",
    }


def _two_namenodes(state: Path, ports: Mapping[str, int]) -> Properties:
    """Which one is active is decided by hand (`failover`), so there is nothing to fence with."""
    journal = f"{LOOPBACK}:{ports['journalnode-rpc']}"
    properties: dict[str, object] = {
        "dfs.nameservices": SERVICE,
        f"dfs.ha.namenodes.{SERVICE}": ",".join(NAMENODES),
        "dfs.namenode.shared.edits.dir": f"qjournal://{journal}/{SERVICE}",
        "dfs.journalnode.rpc-address": journal,
        "dfs.journalnode.http-address": f"{LOOPBACK}:{ports['journalnode-http']}",
        "dfs.journalnode.edits.dir": state / "hdfs" / "journal",
        f"dfs.client.failover.proxy.provider.{SERVICE}": FAILOVER_PROXY,
        "dfs.ha.fencing.methods": "shell(/bin/true)",
    }
    for index, node in enumerate(NAMENODES, 1):
        properties[f"dfs.namenode.rpc-address.{SERVICE}.{node}"] = f"{LOOPBACK}:{ports[f'namenode-{index}-rpc']}"
        properties[f"dfs.namenode.http-address.{SERVICE}.{node}"] = f"{LOOPBACK}:{ports[f'namenode-{index}-http']}"
    return properties


def namenode_site(state: Path, record: Record, index: int) -> Properties:
    """The own hdfs-site.xml of one of two NameNodes, found before the common one."""
    return {
        **hdfs_site(state, record),
        "dfs.ha.namenode.id": NAMENODES[index - 1],
        "dfs.namenode.name.dir": state / "hdfs" / f"name-{index}",
    }


def datanode_site(state: Path, record: Record, index: int) -> Properties:
    """A DataNode's own hdfs-site.xml, found before the common one. It tells the NameNode the ports it got."""
    return {
        **hdfs_site(state, record),
        "dfs.datanode.data.dir": state / "hdfs" / f"data-{index}",
        "dfs.datanode.address": f"{LOOPBACK}:0",
        "dfs.datanode.http.address": f"{LOOPBACK}:0",
        "dfs.datanode.ipc.address": f"{LOOPBACK}:0",
        "dfs.datanode.hostname": host_of(record),
    }


def mapred_site(state: Path, yarn: bool, classpath: str) -> Properties:
    """MapReduce (DistCp) in the client's process, or on the sandbox's YARN."""
    local: dict[str, object] = {
        # The default staging folder of local jobs is shared by everybody on the machine.
        "mapreduce.jobtracker.staging.root.dir": state / "tmp" / "staging",
        "mapreduce.cluster.local.dir": state / "tmp" / "mapred",
    }
    if not yarn:
        return {**local, "mapreduce.framework.name": "local"}
    return {
        **local,
        "mapreduce.framework.name": "yarn",
        "mapreduce.application.classpath": classpath.replace(":", ","),
        "mapreduce.shuffle.port": 0,
        "yarn.app.mapreduce.am.staging-dir": "/tmp/hadoop-yarn/staging",
        "yarn.app.mapreduce.am.resource.mb": 512,
        "yarn.app.mapreduce.am.command-opts": "-Xmx400m",
        "mapreduce.map.memory.mb": 512,
        "mapreduce.map.java.opts": "-Xmx300m",
    }


def yarn_site(state: Path, record: Record, classpath: str) -> Properties:
    ports = record.ports
    manager = "yarn.resourcemanager"
    node = "yarn.nodemanager"
    disk = f"{node}.disk-health-checker"
    return {
        **(secure_yarn(state) if record.secure else {}),
        f"{manager}.hostname": LOOPBACK,
        f"{manager}.address": f"{LOOPBACK}:{ports['yarn-rpc']}",
        f"{manager}.scheduler.address": f"{LOOPBACK}:{ports['yarn-scheduler']}",
        f"{manager}.resource-tracker.address": f"{LOOPBACK}:{ports['yarn-tracker']}",
        f"{manager}.admin.address": f"{LOOPBACK}:{ports['yarn-admin']}",
        f"{manager}.webapp.address": f"{LOOPBACK}:{ports['yarn-http']}",
        f"{manager}.am.max-attempts": 2,
        f"{manager}.nodemanagers.heartbeat-interval-ms": 200,
        # How long a node that says nothing counts as there; by default ten minutes.
        **({"yarn.nm.liveness-monitor.expiry-interval-ms": LOST_AFTER_MS} if record.nodemanagers > 1 else {}),
        f"{node}.hostname": LOOPBACK,
        f"{node}.address": f"{LOOPBACK}:0",
        f"{node}.localizer.address": f"{LOOPBACK}:0",
        f"{node}.webapp.address": f"{LOOPBACK}:0",
        f"{node}.heartbeat.interval-ms": 200,
        f"{node}.local-dirs": state / "yarn" / "local",
        f"{node}.log-dirs": state / "yarn" / "logs",
        f"{node}.resource.memory-mb": NODE_MIB,
        f"{node}.resource.cpu-vcores": 8,
        f"{node}.pmem-check-enabled": False,
        f"{node}.vmem-check-enabled": False,
        # A disk that is nearly full makes the node unhealthy by default, and jobs wait for ever.
        f"{disk}.max-disk-utilization-per-disk-percentage": 100,
        f"{disk}.min-free-space-per-disk-mb": 0,
        f"{node}.aux-services": "mapreduce_shuffle",
        f"{node}.aux-services.mapreduce_shuffle.class": "org.apache.hadoop.mapred.ShuffleHandler",
        f"{node}.env-whitelist": "JAVA_HOME,HADOOP_CONF_DIR,PATH,LANG,TZ",
        "mapreduce.shuffle.port": 0,
        "yarn.scheduler.minimum-allocation-mb": 128,
        "yarn.application.classpath": classpath.replace(":", ","),
    }


def nodemanager_site(state: Path, record: Record, classpath: str, index: int) -> Properties:
    """The yarn-site.xml of a further NodeManager, found before the common one: its folders, and little memory."""
    node = "yarn.nodemanager"
    return {
        **yarn_site(state, record, classpath),
        f"{node}.local-dirs": state / "yarn" / f"node-{index}" / "local",
        f"{node}.log-dirs": state / "yarn" / f"node-{index}" / "logs",
        f"{node}.resource.memory-mb": SMALL_NODE_MIB,
    }


def capacity_scheduler() -> Properties:
    return {
        "yarn.scheduler.capacity.root.queues": "default",
        "yarn.scheduler.capacity.root.default.capacity": 100,
        "yarn.scheduler.capacity.maximum-am-resource-percent": 1.0,  # by default a second application waits
    }
