import pytest

DOCUMENTS = {
    "lifecycle": "<LifecycleConfiguration><Rule><ID>1</ID></Rule></LifecycleConfiguration>",
    "cors": "<CORSConfiguration><CORSRule/></CORSConfiguration>",
    "website": "<WebsiteConfiguration><IndexDocument/></WebsiteConfiguration>",
    "policy": '{"Version": "1", "Statement": []}',
    "tagging": "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>",
    "logging": "<BucketLoggingStatus><LoggingEnabled/></BucketLoggingStatus>",
    "referer": "<RefererConfiguration><AllowEmptyReferer>false</AllowEmptyReferer></RefererConfiguration>",
    "requestPayment": "<RequestPaymentConfiguration><Payer>Requester</Payer></RequestPaymentConfiguration>",
}
MISSING = {
    "lifecycle": "NoSuchLifecycle",
    "cors": "NoSuchCORSConfiguration",
    "website": "NoSuchWebsiteConfiguration",
    "policy": "NoSuchBucketPolicy",
    "encryption": "NoSuchServerSideEncryptionRule",
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_configuration_is_given_back_as_it_came_until_it_is_deleted(empty, name):
    before = empty.send("GET", "", name)
    assert empty.send("PUT", "", name, DOCUMENTS[name]).status == 200
    assert empty.send("GET", "", name).body.decode() == DOCUMENTS[name]
    assert empty.send("DELETE", "", name).status == 204
    assert empty.send("GET", "", name).status == before.status
    assert empty.send("PUT", "", name, "<Other/>").code == "MalformedXML"


@pytest.mark.parametrize(("name", "code"), MISSING.items())
def test_missing_configuration_has_a_code_of_its_own(empty, name, code):
    answer = empty.send("GET", "", name)
    assert (answer.status, answer.code) == (404, code)


def test_configurations_go_with_their_bucket(empty):
    empty.send("PUT", "", "cors", DOCUMENTS["cors"])
    empty.send("DELETE", "")
    assert empty.send("GET", "", "cors").code == "NoSuchBucket"
    empty.send("PUT", "")
    assert empty.send("GET", "", "cors").code == "NoSuchCORSConfiguration"


def encrypt(client, elements):
    body = f"<ApplyServerSideEncryptionByDefault>{elements}</ApplyServerSideEncryptionByDefault>"
    return client.send("PUT", "", "encryption", f"<ServerSideEncryptionRule>{body}</ServerSideEncryptionRule>")


def test_encryption_of_a_bucket_is_the_default_of_its_objects(empty):
    assert encrypt(empty, "<SSEAlgorithm>KMS</SSEAlgorithm><KMSMasterKeyID>my-key</KMSMasterKeyID>").status == 200
    default = "ApplyServerSideEncryptionByDefault"
    assert empty.send("GET", "", "encryption").text(f"{default}/KMSMasterKeyID") == "my-key"
    assert empty.send("GET", "", "bucketInfo").text("Bucket/ServerSideEncryptionRule/SSEAlgorithm") == "KMS"
    empty.put("k")
    headers = empty.send("HEAD", "k").headers
    assert headers["x-oss-server-side-encryption"] == "KMS"
    assert headers["x-oss-server-side-encryption-key-id"] == "my-key"
    own = empty.put("own", x_oss_server_side_encryption="AES256").headers
    assert own["x-oss-server-side-encryption"] == "AES256"
    assert "x-oss-server-side-encryption-key-id" not in own
    assert empty.send("DELETE", "", "encryption").status == 204
    assert "x-oss-server-side-encryption" not in empty.put("plain").headers
    assert encrypt(empty, "<SSEAlgorithm>ROT13</SSEAlgorithm>").code == "InvalidEncryptionAlgorithmError"
    not_for_it = "<SSEAlgorithm>AES256</SSEAlgorithm><KMSMasterKeyID>my-key</KMSMasterKeyID>"
    assert encrypt(empty, not_for_it).code == "InvalidArgument"


def test_encryption_can_be_chosen_when_a_bucket_is_made(empty):
    empty.send("DELETE", "")
    empty.send("PUT", "", x_oss_server_side_encryption="SM4")
    assert empty.send("GET", "", "bucketInfo").text("Bucket/ServerSideEncryptionRule/SSEAlgorithm") == "SM4"


def test_head_of_a_bucket_tells_whether_it_is_there(empty):
    assert empty.send("HEAD", "").headers["x-oss-bucket-region"] == "oss-cn-hangzhou"
    empty.bucket = "no-such-bucket"
    assert empty.send("HEAD", "").status == 404
