from hdfs2oss.model.counters import COPY_MAPPER, FILE_SYSTEM, FRAMEWORK, JOB, OWN, Counters


def test_the_block_has_hadoops_form() -> None:
    counters = Counters()
    counters.add(OWN, "FILES_COPIED", 10)
    counters.add(COPY_MAPPER, "DIR_COPY")
    counters.add(COPY_MAPPER, "COPY", 10)
    counters.add(COPY_MAPPER, "BYTESEXPECTED", 258_660)
    counters.add(COPY_MAPPER, "BYTESCOPIED", 258_660)
    counters.add(COPY_MAPPER, "SKIP", 0)
    counters.add(JOB, "Launched map tasks", 1)
    counters.add(FRAMEWORK, "Map input records", 11)
    counters.add_traffic("OSS", {"BYTES_WRITTEN": 258_660, "WRITE_OPS": 10})
    counters.add_traffic("HDFS", {"BYTES_READ": 258_660, "READ_OPS": 11, "LARGE_READ_OPS": 1})
    assert list(counters.lines()) == [
        "Counters: 17",
        "\tFile System Counters",
        "\t\tHDFS: Number of bytes read=258660",
        "\t\tHDFS: Number of bytes written=0",
        "\t\tHDFS: Number of read operations=11",
        "\t\tHDFS: Number of large read operations=1",
        "\t\tHDFS: Number of write operations=0",
        "\t\tOSS: Number of bytes read=0",
        "\t\tOSS: Number of bytes written=258660",
        "\t\tOSS: Number of read operations=0",
        "\t\tOSS: Number of large read operations=0",
        "\t\tOSS: Number of write operations=10",
        "\tJob Counters",
        "\t\tLaunched map tasks=1",
        "\tMap-Reduce Framework",
        "\t\tMap input records=11",
        "\torg.apache.hadoop.tools.mapred.CopyMapper$Counter",
        "\t\tBYTESCOPIED=258660",
        "\t\tBYTESEXPECTED=258660",
        "\t\tCOPY=10",
        "\t\tDIR_COPY=1",
        "\thdfs2oss",
        "\t\tFILES_COPIED=10",
    ]


def test_nothing_counted_prints_the_head_only() -> None:
    assert list(Counters().lines()) == ["Counters: 0"]


def test_merging_adds_name_by_name_and_leaves_the_other_alone() -> None:
    one, other = Counters({OWN: {"A": 1}}), Counters({OWN: {"A": 2, "B": 3}, JOB: {"C": 4}})
    one.merge(other.as_dict())
    one.add(OWN, "A")
    assert one.as_dict() == {JOB: {"C": 4}, OWN: {"A": 4, "B": 3}}
    assert other.as_dict() == {JOB: {"C": 4}, OWN: {"A": 2, "B": 3}}
    assert (one.get(OWN, "A"), one.get(OWN, "Z"), one.get(FILE_SYSTEM, "A")) == (4, 0, 0)


def test_the_same_store_on_both_sides_is_one_set_of_rows() -> None:
    counters = Counters()
    for _ in range(2):
        counters.add_traffic("HDFS", {"BYTES_READ": 5})
    assert counters.get(FILE_SYSTEM, "HDFS: Number of bytes read") == 10
