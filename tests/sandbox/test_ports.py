import socket
from contextlib import closing

from tests.sandbox.ports import FIRST_PORT, LAST_PORT, LOOPBACK, accepts_connections, choose_ports


def test_ports_are_different_and_below_the_range_of_outgoing_connections() -> None:
    ports = choose_ports([f"service-{number}" for number in range(50)], {})
    assert len(set(ports.values())) == 50
    assert all(FIRST_PORT <= port < LAST_PORT for port in ports.values())


def test_a_preferred_port_is_taken_when_it_is_free_and_passed_over_when_not() -> None:
    first = choose_ports(["rpc"], {})
    assert choose_ports(["rpc"], first) == first
    with closing(socket.create_server((LOOPBACK, first["rpc"]))):
        assert accepts_connections(first["rpc"])
        assert choose_ports(["rpc"], first) != first
