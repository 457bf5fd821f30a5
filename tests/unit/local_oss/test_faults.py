import http.client
import json
import time
import urllib.error
import urllib.request

import pytest

from hdfs2oss.local_oss.faults.plan import FaultPlan
from hdfs2oss.local_oss.faults.rule import KINDS, Rule, parse_rules
from hdfs2oss.model.errors import UsageError
from hdfs2oss.rules.checksum import crc64
from local_oss.conftest import Client, started

BODY = b"0123456789" * 5_000


@pytest.fixture(scope="module")
def faulty(tmp_path_factory):
    running = started(tmp_path_factory.mktemp("oss"), admin_port=0)
    yield running
    running.stop()


@pytest.fixture
def fail(faulty):
    """Puts rules in force, over the admin port, and gives a client."""
    clients = []

    def put(*rules):
        assert admin(faulty, "PUT", json.dumps(rules)) == "ok"
        clients.append(Client(faulty.port))
        return clients[-1]

    yield put
    admin(faulty, "DELETE")
    for client in clients:
        client.close()


def admin(server, method, body=None, path="/faults"):
    request = urllib.request.Request(
        f"http://127.0.0.1:{server.admin_port}{path}", body.encode() if body else None, method=method
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read().decode()


LOST = (http.client.RemoteDisconnected, ConnectionError)


def test_error_hits_as_often_as_it_says_and_nothing_is_done(fail):
    client = fail({"fault": "error", "method": "PUT", "key": "bad*", "count": 2, "after": 1, "qos_delay_ms": 250})
    answers = [client.put(f"bad{number}", b"x") for number in range(4)]
    assert [answer.status for answer in answers] == [200, 503, 503, 200]
    assert (answers[1].code, answers[1].headers["x-oss-qos-delay-time"]) == ("ServiceUnavailable", "250")
    assert client.get("bad1").code == "NoSuchKey"
    assert client.put("good", b"x").status == 200


def test_error_of_another_code_and_a_part_of_its_own(fail):
    rule = {"fault": "error", "status": 500, "part": 2, "operation": "upload_part"}
    client = fail(
        rule, {"fault": "error", "code": "UploadTrafficRateLimitExceeded", "operation": "initiate", "key": "q"}
    )
    upload_id = client.initiate("k")
    assert client.part("k", upload_id, 1, b"x").status == 200
    assert client.part("k", upload_id, 2, b"x").code == "InternalError"
    assert client.send("POST", "q", "uploads").code == "UploadTrafficRateLimitExceeded"


def test_probability_is_that_of_the_rule_and_repeats_with_its_seed():
    def hits(seed, rules=2):
        plan = FaultPlan([Rule("error", probability=0.3, seed=seed)] * rules)
        return [len(plan.choose(request())) for _ in range(1000)]

    assert hits(7) == hits(7) != hits(8)
    assert 250 < sum(hits(7, rules=1)) < 350
    assert 50 < hits(7).count(2) < 130  # each rule has chances of its own


def test_every_kind_may_hit_by_chance_and_the_server_goes_on(fail):
    kinds = [kind for kind in KINDS if kind != "stall"]
    client = fail(*({"fault": kind, "probability": 0.1, "seed": 3, "seconds": 0.01, "at": 3} for kind in kinds))
    outcomes = set()
    for number in range(150):
        try:
            outcomes.add(client.put(f"storm{number}", BODY).status)
            outcomes.add(client.get(f"storm{number}").body == BODY)
        except (*LOST, http.client.IncompleteRead):
            client.close()
    assert outcomes == {200, 503, True, False}


def test_one_of_two_clients_is_refused_for_good_by_a_header_of_its_own(fail, faulty):
    client = fail({"fault": "error", "header": "User-Agent", "value": "*executor-2*", "status": 503})
    other = Client(faulty.port)
    for _ in range(3):
        assert client.put("who", b"x", User_Agent="sdk/1 (executor-1)").status == 200
        assert other.put("who", b"x", User_Agent="sdk/1 (executor-2)").status == 503
        assert other.put("who", b"x").status == 200
    other.close()


def request(key="k"):
    from hdfs2oss.local_oss.protocol.message import BytesSource, Request

    return Request("PUT", "", {}, BytesSource(b""), "b", key)


def test_rate_is_counted_by_rule_or_by_folder():
    now = [0.0]
    plan = FaultPlan([Rule("qps", per_second=2, each_folder=True)], clock=lambda: now[0])
    assert [bool(plan.choose(request(key))) for key in ("a/1", "a/2", "a/3", "b/1", "a/4")] == [0, 0, 1, 0, 1]
    now[0] = 1.5
    assert not plan.choose(request("a/5"))


def test_rate_limit_is_answered_with_its_code(fail):
    client = fail({"fault": "qps", "key": "hot/*", "per_second": 3})
    codes = {client.put(f"hot/{number}", b"").status for number in range(12)}
    assert codes == {200, 503}
    assert client.put("cold/1", b"").status == 200


def test_what_comes_while_too_many_are_answered_is_refused():
    plan = FaultPlan([Rule("crowd", key="k*", in_flight=2)])
    first, second, third, other = request("k1"), request("k2"), request("k3"), request("other")
    assert [bool(plan.choose(one)) for one in (first, second, third, other)] == [0, 0, 1, 0]
    plan.done(third)
    assert plan.choose(third)
    plan.done(first)
    assert not plan.choose(third)
    assert [hits for _, hits in plan.state()] == [2]


def test_whoever_comes_after_the_others_were_answered_is_no_crowd(fail):
    client = fail({"fault": "crowd"}, {"fault": "error", "key": "bad"})
    answers = [client.put(name, b"x") for name in ("a", "bad", "b", "bad", "c")]
    assert [answer.status for answer in answers] == [200, 503, 200, 503, 200]


@pytest.mark.parametrize(
    ("fault", "is_stored"), [("reset-before-body", 0), ("reset-after-body", 0), ("lost-answer", 1)]
)
def test_reset_leaves_the_client_without_an_answer(fail, fault, is_stored):
    client = fail({"fault": fault, "method": "PUT"})
    with pytest.raises(LOST):
        client.put(fault, BODY)
    client.close()
    assert client.get(fault).status == (200 if is_stored else 404)


def test_answer_of_a_completion_that_succeeded_can_be_lost(fail):
    client = fail({"fault": "lost-answer", "operation": "complete"})
    upload_id = client.initiate("done")
    etag = client.part("done", upload_id, 1, BODY).headers["etag"]
    with pytest.raises(LOST):
        client.complete("done", upload_id, (1, etag))
    client.close()
    assert client.complete("done", upload_id, (1, etag)).code == "NoSuchUpload"
    assert client.get("done").body == BODY


def test_answer_ends_early(fail):
    client = fail({"fault": "truncate", "method": "GET", "at": 7})
    client.put("cut", BODY)
    with pytest.raises(http.client.IncompleteRead) as caught:
        client.get("cut")
    assert caught.value.partial == BODY[:7]


def test_byte_flips_on_the_way_out_and_on_the_way_in(fail):
    client = fail(
        {"fault": "flip", "method": "GET", "key": "out", "at": 3}, {"fault": "flip", "method": "PUT", "key": "in"}
    )
    client.put("out", BODY)
    got = client.get("out")
    assert [at for at, (a, b) in enumerate(zip(got.body, BODY, strict=True)) if a != b] == [3]
    assert int(got.headers["x-oss-hash-crc64ecma"]) == crc64(BODY)
    assert int(client.put("in", BODY).headers["x-oss-hash-crc64ecma"]) != crc64(BODY)


def test_checksum_lies(fail):
    client = fail({"fault": "wrong-crc"})
    assert int(client.put("k", BODY).headers["x-oss-hash-crc64ecma"]) == crc64(BODY) ^ 1


def test_checksum_is_left_out_of_every_kind_of_answer(fail):
    client = fail({"fault": "no-crc", "key": "k*"})
    upload_id = client.initiate("k2")
    part = client.part("k2", upload_id, 1, BODY)
    answers = [client.put("k", BODY), client.get("k"), client.send("HEAD", "k"), part]
    answers.append(client.complete("k2", upload_id, (1, part.headers["etag"])))
    answers.append(client.put("k3", b"", x_oss_copy_source="/bucket/k"))
    assert {answer.status for answer in answers} == {200}
    assert not [answer for answer in answers if "x-oss-hash-crc64ecma" in answer.headers]
    assert "x-oss-hash-crc64ecma" in client.put("other", BODY).headers


@pytest.mark.parametrize(
    ("rule", "seconds"),
    [({"fault": "latency", "seconds": 0.2}, 0.2), ({"fault": "slow", "bytes_per_second": 200_000}, 0.2)],
    ids=["latency", "slow"],
)
def test_answer_takes_its_time(fail, rule, seconds):
    client = fail(rule)
    for send in (lambda: client.put("slow", BODY), lambda: client.get("slow")):
        before = time.monotonic()
        assert send().status == 200
        assert time.monotonic() - before >= seconds


def test_stalled_request_ends_when_the_server_stops(tmp_path):
    server = started(tmp_path, faults=[Rule("stall", seconds=60)])
    client = Client(server.port)
    client.connection.request("GET", "/bucket/k", headers={"Host": "h"})
    before = time.monotonic()
    server.stop()
    assert time.monotonic() - before < 50
    client.close()


def test_admin_port_shows_the_hits(fail, faulty):
    client = fail({"fault": "error", "key": "x"})
    client.get("x")
    (shown,) = json.loads(admin(faulty, "GET"))
    assert (shown["fault"], shown["hits"]) == ("error", 1)
    assert admin(faulty, "GET", path="/health") == "ok"
    with pytest.raises(urllib.error.HTTPError) as caught:
        admin(faulty, "PUT", '[{"fault": "fire"}]')
    assert caught.value.code == 400
    caught.value.close()


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "3",
        "[3]",
        '[{"fault": "fire"}]',
        '[{"fault": "error", "colour": 1}]',
        '[{"fault": "error", "status": "x"}]',
        '[{"fault": "slow", "bytes_per_second": 0}]',
        '[{"fault": "error", "probability": 2}]',
    ],
)
def test_rules_that_are_none_are_refused(text):
    with pytest.raises(UsageError):
        parse_rules(text)


def test_request_log_has_a_line_for_each_request(tmp_path):
    path = tmp_path / "requests.jsonl"
    server = started(tmp_path / "oss", request_log=path, faults=[Rule("lost-answer", key="lost")])
    client = Client(server.port)
    client.put("k", BODY)
    client.get("k")
    client.get("absent")
    with pytest.raises(LOST):
        client.put("lost", b"x")
    client.close()
    server.stop()
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    seen = [(line["method"], line["key"], line["status"], line["bytes"], line["operation"]) for line in lines]
    assert seen[:2] == [("PUT", "k", 200, len(BODY), "put_object"), ("GET", "k", 200, len(BODY), "get_object")]
    assert (seen[2][:3], lines[2]["code"]) == (("GET", "absent", 404), "NoSuchKey")
    assert (seen[3][:3], lines[3]["faults"]) == (("PUT", "lost", 0), ["lost-answer"])
    assert all(line["ms"] >= 0 for line in lines)
