import hashlib

import pytest

from hdfs2oss.local_oss.store.etag import multipart_tag, tag_of
from hdfs2oss.local_oss.store.rows import Received

PUBLISHED = [
    (
        ["3349DC700140D7F86A078484278075A9", "8EFDA8BE206636A695359836FE0A0E0A", "8C315065167132444177411FDA149B92"],
        "B864DB6A936D376F9F8D3ED3BBE540DD-3",
    ),
    (
        ["4DE8075FB607DF4D13FBC480EA488EFA", "AF947EC157726CEA88ED83B3C989063B"],
        "1C787C506EABFB9B45EAAA8DB039F4B2-2",
    ),
]


def test_tag_of_one_request_is_the_upper_case_md5():
    digest = hashlib.md5(b"hello").digest()
    assert tag_of(Received(5, 0, digest, b"hello", "")) == "5D41402ABC4B2A76B9719D911017C592"


@pytest.mark.parametrize(("tags", "whole"), PUBLISHED, ids=["three parts", "two parts"])
@pytest.mark.parametrize("case", [str.lower, str.upper])
def test_multipart_tag_is_that_of_the_published_examples(tags, whole, case):
    assert multipart_tag(case(tag) for tag in tags) == whole


def test_fast_tag_has_the_form_of_an_md5_and_depends_on_content_and_length():
    tags = {tag_of(Received(size, crc64, None, b"", "")) for size, crc64 in [(1, 5), (2, 5), (1, 6)]}
    assert len(tags) == 3
    assert all(len(tag) == 32 and tag == tag.upper() for tag in tags)
