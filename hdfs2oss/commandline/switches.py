"""The options of a copy, one row each: DistCp's switches and our own."""

from __future__ import annotations

from ..model.units import parse_size
from .switch import (
    Group,
    Switch,
    are_kept,
    client,
    flag,
    instead,
    kept,
    key_and_value,
    number,
    pair,
    strategy,
    valued,
    whole,
)

GROUPS = (
    Group(
        "what is copied",
        (
            valued(
                ("-f", "--source-list"), "source_list", "take the sources from FILE, one path or pattern a line", "FILE"
            ),
            valued(
                ("-filters", "--filters"),
                "filter_list",
                "leave out paths that, whole, match a regular expression of FILE, one a line",
                "FILE",
            ),
            Switch(("-diff",), "diff", "copy what changed between two snapshots", pair, "FROM TO", takes=2),
            Switch(
                ("-rdiff",),
                "rdiff",
                "take the target back from one snapshot to an older one",
                pair,
                "NEW OLD",
                takes=2,
            ),
        ),
    ),
    Group(
        "copy or skip",
        (
            flag(
                "-update",
                "update",
                "copy only files that differ: in size, then by checksum, where there is none by a newer source",
                "--update",
            ),
            flag("-overwrite", "overwrite", "copy every file, whatever the target holds", "--overwrite"),
            flag("-append", "append", "with -update: send only the tail of a file that has grown", "--append"),
            flag("-skipcrccheck", "skip_crc", "with -update: compare sizes and times, but no checksums"),
            flag("-delete", "delete", "with -update or -overwrite: delete what is missing at the source", "--delete"),
            valued(("-xtrack",), "xtrack", "write what -delete would delete into DIR instead", "DIR"),
            flag("-updateRoot", "update_root", "keep the attributes of the source's root, too"),
        ),
    ),
    Group(
        "attributes",
        (
            Switch(
                ("-p", "--preserve"),
                "preserve",
                "keep replication, block size, user, group, permission, checksum type, acl, xattr, times, "
                "erasure coding; without letters rbugpct",
                kept,
                "[rbugpcaxte]",
                glued=are_kept,
            ),
        ),
    ),
    Group(
        "how it runs",
        (
            Switch(("-m", "--maps"), "maps", "at most N tasks at once", whole, "N", glued=str.isdigit, takes=1),
            valued(
                ("-bandwidth", "--bandwidth"),
                "bandwidth_mb",
                "at most MB MiB/s for each task",
                "MB",
                number,
                "no limit",
            ),
            valued(
                ("-blocksperchunk",),
                "blocks_per_chunk",
                "cut files of more than N blocks into chunks of N",
                "N",
                whole,
            ),
            flag("-atomic", "atomic", "copy into a work directory, and rename it to the target at the end", "--atomic"),
            valued(("-tmp",), "work_dir_text", "the work directory of -atomic", "DIR", unset="beside the target"),
            flag(
                "-async",
                "run_async",
                "return when the copy has begun; it goes on in a process of its own (not with Spark)",
                "--async",
            ),
            flag(
                "-i",
                "ignore_failures",
                "let directories have their attributes (-p) though files failed; other files go on anyway, and the "
                "exit code always tells",
                "--ignore-failures",
            ),
            valued(("-log", "--log"), "log", "write a line for each file that is skipped or fails into DIR", "DIR"),
            flag("-v", "verbose", "-log copied files, too, and show stack traces", "--verbose"),
            Switch(
                ("-D", "--property"),
                "properties",
                "set a property of Hadoop or DistCp (fs., dfs., distcp.)",
                key_and_value,
                "KEY=VALUE",
                glued=bool,
                takes=1,
                is_list=True,
            ),
        ),
    ),
    Group(
        "limits of the whole job, shared by all its tasks",
        (
            valued(("--total-bandwidth",), "total_bandwidth_mb", "at most MB MiB/s", "MB", number, "no limit"),
            valued(("--bandwidth-schedule",), "bandwidth_schedule", 'by time of day: "08:00,50 19:00,off"', "TIMES"),
            valued(("--requests-per-second",), "requests_per_second", "at most N to OSS", "N", number, "no limit"),
        ),
    ),
    Group(
        "accepted, and done in another way",
        tuple(
            Switch(
                (word,),
                "notes",
                f"nothing to change: {what}",
                instead(what, check),
                metavar,
                takes=takes,
                is_list=True,
            )
            for word, what, check, metavar, takes in (
                ("-direct", "files are always published at once, under their final name", None, "", 0),
                ("-useiterator", "listings are always streamed", None, "", 0),
                ("-numListstatusThreads", "listings run in parallel by themselves", whole, "N", 1),
                ("-strategy", "tasks are always balanced, and taken by whoever is free", strategy, "NAME", 1),
                ("-copybuffersize", "buffers follow --part-size", whole, "N", 1),
                ("-filelimit", "DistCp ignores its number of files", None, "N", 1),
                ("-sizelimit", "DistCp ignores its number of bytes", None, "N", 1),
            )
        ),
    ),
    Group(
        "beyond DistCp",
        (
            valued(
                ("--layout",),
                "layout",
                "contents: the contents of each directory go into TARGET; named: each source goes to TARGET/name; "
                "distcp: that depends on TARGET, -update and the number of sources",
                "HOW",
            ),
            Switch(
                ("--include",),
                "include",
                "copy only files that match GLOB: *.gz at any depth, /d/**/*.gz from the source on, logs/ all in it; "
                "several times: any",
                str,
                "GLOB",
                takes=1,
                is_list=True,
            ),
            Switch(
                ("--exclude",),
                "exclude",
                "leave out what matches GLOB, directories with all in them; several times: any",
                str,
                "GLOB",
                takes=1,
                is_list=True,
            ),
            valued(
                ("--max-delete",),
                "max_delete",
                "refuse to delete more than N entries, or N% of the target's",
                "N|N%",
                unset="10%, but 1000 at least",
            ),
            flag(
                "--allow-empty-source", "allow_empty_source", "let -delete empty the target of a source that is empty"
            ),
            valued(("--backup-dir",), "backup", "copy what is deleted from OSS to DIR first", "DIR"),
            flag("--dry-run", "dry_run", "say what would be done, and touch nothing"),
            valued(
                ("--from-diff",),
                "from_diff",
                "copy exactly what a verify has listed: its --output directory, or lines of its differences.jsonl",
                "DIFF",
            ),
            valued(("--from-snapshot",), "from_snapshot", "read the source as its snapshot NAME holds it", "NAME"),
            flag("--make-snapshot", "make_snapshot", "make the snapshot first, and drop it at the end"),
            flag("--ignore-ledger", "ignore_ledger", "with -update and verify: do not ask the ledger of earlier runs"),
            valued(
                ("--proof-dir",),
                "proof_place",
                "leave ledger and report in DIR, too; none: nowhere",
                "DIR|none",
                unset=".hdfs2oss/proofs at the target",
            ),
            valued(("--keep-runs",), "keep_runs", "keep the records of the last N runs of a copy", "N", whole),
            valued(
                ("--job-dir",), "job_dir", "keep the records of runs in DIR", "DIR", unset=".hdfs2oss in your HDFS home"
            ),
            valued(
                ("--oss-endpoint",), "oss_endpoint", "the OSS endpoint", "URL", unset="OSS_ENDPOINT, fs.oss.endpoint"
            ),
            flag(
                "--fresh",
                "fresh",
                "give up a run that was killed or interrupted, instead of going on with it, and begin anew",
            ),
            valued(
                ("--credentials-file",),
                "credentials_file",
                "take the OSS keys from FILE, and newer ones whenever it changes",
                "FILE",
                unset="OSS_CREDENTIALS_FILE",
            ),
            valued(("--ram-role",), "ram_role", "take the OSS keys of this instance's RAM role, or auto", "NAME"),
            valued(("--principal",), "principal", "with --keytab: ask HDFS as this Kerberos principal", "NAME"),
            valued(("--keytab",), "keytab", "take Kerberos tickets with the key in FILE, as often as needed", "FILE"),
            valued(
                ("--hdfs-client",),
                "hdfs_client",
                "reach hdfs:// by the native client, or by Hadoop's own (jvm): slower, and it reads encryption zones "
                "and every erasure-coding policy",
                "native|jvm",
                client,
                "native",
            ),
            valued(("--threads",), "threads", "copy threads in each task", "N", whole, "16, or 48 onto HDFS"),
            valued(("--part-size",), "part_size_bytes", "part size of large files on OSS", "SIZE", parse_size),
            valued(
                ("--chunk-size",),
                "chunk_size_bytes",
                "cut larger files so that several tasks copy them",
                "SIZE",
                parse_size,
            ),
            valued(
                ("--proof",),
                "proof",
                "transfer: what was read is what is stored; end-to-end: and HDFS states the same checksum of the file",
                "LEVEL",
            ),
            valued(("--max-failures",), "max_failures", "end the copy when more than N files have failed", "N", whole),
            valued(
                ("--processes",), "processes", "without Spark: processes at work", "N", whole, "one a core, at most -m"
            ),
        ),
    ),
)
SWITCHES = tuple(switch for group in GROUPS for switch in group.switches)
# How stores are reached, and who asks them: every verb has these. And where the records of a copy are.
OF_ACCESS = ("oss_endpoint", "credentials_file", "ram_role", "principal", "keytab", "hdfs_client", "properties")
OF_RECORDS = ("source_list", "job_dir", *OF_ACCESS)
