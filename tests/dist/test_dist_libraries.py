"""What is known of programs and libraries."""

import sys
from pathlib import Path

from distribution.libraries import OF_THE_SYSTEM, needed, newest_glibc, scrub


def test_a_path_of_this_machine_is_replaced_by_one_as_long_and_its_last_element_stays(tmp_path):
    # Of two texts one of which is the end of the other a linker keeps the longer one only.
    program = tmp_path / "program"
    program.write_bytes(b"\0/home/me/build/Python-3.11.7\0/usr/lib\0/home/me/3.11.7/lib\0")
    scrub(program, ["/home/me/build/Python-3.11.7", "/home/me/3.11.7"])
    assert program.read_bytes() == b"\0/hdfs2oss//////Python-3.11.7\0/usr/lib\0/hdfs2os/3.11.7/lib\0"


def test_the_glibc_that_is_needed_is_the_newest_that_one_of_the_files_asks_for(tmp_path):
    for name, text in (("a", b"GLIBC_2.9\0GLIBC_2.34\0"), ("b", b"GLIBC_2.17\0GLIBCXX_3.4.29\0"), ("c", b"")):
        (tmp_path / name).write_bytes(text)
    assert newest_glibc([tmp_path / "a", tmp_path / "b", tmp_path / "c"]) == "2.34"
    assert newest_glibc([tmp_path / "c"]) == "2.0"


def test_glibc_stays_the_nodes_own_and_openssl_does_not():
    names = ["libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2", "libstdc++.so.6", "libpthread.so.0"]
    assert [name for name in names if not OF_THE_SYSTEM.match(name)] == []
    others = ["libcrypto.so.3", "libpython3.11.so.1.0", "libcrypt.so.1", "liblzma.so.5", "libmd.so.0"]
    assert [name for name in others if OF_THE_SYSTEM.match(name)] == []


def test_what_a_program_needs_is_found_where_it_is_here():
    libraries = dict(needed(Path(sys.executable).resolve()))
    assert libraries["libc.so.6"].is_file()
