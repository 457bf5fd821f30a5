"""A warehouse moves from one cluster to another, by the two commands that migration guides give, ACLs and all."""

from collections.abc import Callable, Iterator

import pytest
from hdfs_native import Client, WriteOptions

from tests.sandbox.sandbox import Sandbox

pytestmark = pytest.mark.hdfs

WAREHOUSE = "/user/hive/warehouse"


@pytest.fixture(scope="module")
def old_cluster(sandbox_name: Callable[[], str]) -> Iterator[Sandbox]:
    old = Sandbox(sandbox_name(), oss=False)
    old.up()
    yield old
    old.down()


def client_of(sandbox: Sandbox) -> Client:
    return Client(sandbox.env()["SANDBOX_HDFS"])


def write(client: Client, path: str, data: bytes) -> None:
    with client.create(f"{WAREHOUSE}/{path}", WriteOptions(overwrite=True, create_parent=True)) as file:
        file.write(data)


def shown(sandbox: Sandbox) -> list[list[str]]:
    """What the Hadoop shell says of the warehouse: listing and ACLs."""
    texts = [
        sandbox.hadoop_shell(*words, WAREHOUSE).stdout.splitlines() for words in (("-ls", "-R"), ("-getfacl", "-R"))
    ]
    listing = [" ".join(line.split()[:5] + line.split()[7:]) for line in texts[0]]
    return [listing, texts[1]]


def test_the_two_commands_of_a_migration_guide_bring_a_warehouse_over(
    command, sandbox: Sandbox, old_cluster: Sandbox, home, monkeypatch
) -> None:
    for name, value in sandbox.env().items():
        monkeypatch.setenv(name, value)
    old, new = client_of(old_cluster), client_of(sandbox)
    for path in ("sales.db/orders/dt=1/part-0", "sales.db/orders/dt=2/part-0", "sales.db/items/part 1"):
        write(old, path, path.encode() * 100)
    old.mkdirs(f"{WAREHOUSE}/empty.db", 0o750, True)
    old.set_owner(f"{WAREHOUSE}/sales.db/items", "ann", "staff")
    old.set_permission(f"{WAREHOUSE}/sales.db/orders", 0o1770)
    facl = ("-setfacl", "-R", "-m", "user:bob:r-x,default:group:ops:rwx", f"{WAREHOUSE}/sales.db/orders")
    assert old_cluster.hadoop_shell(*facl).returncode == 0
    source = f"{old_cluster.env()['SANDBOX_HDFS']}{WAREHOUSE}"
    words = ("-pbugpcax", "-m", "1000", "-bandwidth", "30")
    new.delete(WAREHOUSE, True)

    first = command(*words, source, WAREHOUSE)
    assert first.code == 0, first.text
    assert first["COPY"] == 3
    assert shown(sandbox) == shown(old_cluster)

    write(old, "sales.db/items/part 2", b"new")
    write(old, "sales.db/items/part 1", b"longer than it was" * 100)
    old.delete(f"{WAREHOUSE}/sales.db/orders/dt=1", True)
    second = command(*words, "-update", "-delete", source, WAREHOUSE)
    assert second.code == 0, second.text
    assert (second["COPY"], second["SKIP"]) == (2, 1)
    assert shown(sandbox) == shown(old_cluster)
