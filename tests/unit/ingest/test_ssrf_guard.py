"""SSRF guard: allowed and blocked addresses."""

import socket

import pytest

from service.ingest.fetching.ssrf_guard import (
    AddressRefusedError,
    is_allowed,
    socket_factory,
)
from service.settings.convert import parse_networks


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.9.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
        *("100.64.0.1", "0.0.0.0", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1"),
        *("198.18.0.1", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1"),
        *("fec0::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1"),
        *(
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2002:a00:1::1",
        ),
        *(
            "192.0.0.8",
            "192.0.0.170",
            "192.88.99.1",
            "168.63.129.16",
            "198.51.100.7",
            "203.0.113.9",
        ),
        *("3fff::1", "3fff:fff::1", "2001:2::1", "2001:10::1", "3ffe::1", "5f00::1", "100::1"),
        *("::ffff:168.63.129.16", "64:ff9b::a83f:8110", "64:ff9b::c000:8", "2002:a83f:8110::1"),
        *("2606:4700::5efe:a00:1", "2606:4700::200:5efe:c0a8:101", "::ffff:0:127.0.0.1"),
        *("2001:0:7f00:1::1", "2001:0:4136:e378:8000:63bf:f5ff:fffe", "::1.1.1.1"),
        *("2001::1", "", "outlet.example", "0x7f.1"),
    ],
)
def test_non_public_addresses_are_blocked(address: str) -> None:
    assert not is_allowed(address, ())


@pytest.mark.parametrize(
    "address",
    [
        *("93.184.216.34", "1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"),
        *("2002:101:101::1", "2606:4700::5efe:101:101", "2a00:1450:4001::1", "168.63.129.17"),
    ],
)
def test_public_addresses_are_allowed(address: str) -> None:
    assert is_allowed(address, ())


def test_only_listed_networks_are_allowed() -> None:
    allowed = parse_networks(["127.0.0.0/8", "fd00::/8"])

    assert is_allowed("127.0.0.1", allowed)
    assert is_allowed("::ffff:127.0.0.1", allowed)
    assert is_allowed("fd12::1", allowed)
    assert not is_allowed("10.0.0.1", allowed)
    assert not is_allowed("::1", allowed)


def test_no_socket_is_created_for_a_blocked_address() -> None:
    make = socket_factory(parse_networks(["127.0.0.0/8"]))
    info = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "")

    make((*info, ("127.0.0.1", 80))).close()
    with pytest.raises(AddressRefusedError, match=r"10\.0\.0\.1 is not a public address"):
        make((*info, ("10.0.0.1", 80)))
