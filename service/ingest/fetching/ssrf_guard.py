"""SSRF guard: connections only to public addresses and to the networks that a setting allows."""

import ipaddress
import socket
from collections.abc import Callable, Iterable
from typing import Any

from service.settings.convert import Network

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

#: Forbidden addresses, independent of the version of Python: the special-purpose registries of
#: IANA (RFC 6890), multicast, the relays of 6to4, and the platform address of Azure.
_FORBIDDEN_IPV4 = tuple(
    map(
        ipaddress.IPv4Network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32"),
            *("169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24"),
            *("192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24"),
            *("203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        ),
    )
)
#: The only global unicast addresses of IPv6, and the forbidden parts of them. 2001::/23 includes
#: Teredo, benchmarks and ORCHID.
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_FORBIDDEN_IPV6 = tuple(
    map(ipaddress.IPv6Network, ("2001::/23", "2001:db8::/32", "3ffe::/16", "3fff::/20"))
)
#: Prefix whose last four bytes are the IPv4 address that a translator contacts (NAT64, RFC 6052).
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
#: Bytes before the IPv4 address in an interface identifier of ISATAP (RFC 5214).
_ISATAP = (b"\x00\x00\x5e\xfe", b"\x02\x00\x5e\xfe")


class AddressRefusedError(OSError):
    """The address of a connection is not allowed.

    Derived from OSError because the event loop passes only those through unchanged.
    """

    def __init__(self, address: str) -> None:
        super().__init__(f"{address} is not a public address")
        self.address = address


def is_allowed(address: str, allowed: Iterable[Network]) -> bool:
    """Whether connections to this address are allowed.

    An IPv4 address embedded in an IPv6 one (mapped, 6to4, NAT64, ISATAP) is checked as well.
    """
    try:
        outer = ipaddress.ip_address(address)
    except ValueError:
        return False
    embedded = _embedded_ipv4(outer)
    if any(each in network for each in (outer, embedded or outer) for network in allowed):
        return True
    if embedded is not None and not _is_public_ipv4(embedded):
        return False
    if isinstance(outer, ipaddress.IPv4Address):
        return _is_public_ipv4(outer)
    is_translated = outer.ipv4_mapped is not None or outer in _TRANSLATED
    is_global = outer in _GLOBAL_UNICAST and not any(outer in each for each in _FORBIDDEN_IPV6)
    return is_translated or is_global


def _is_public_ipv4(address: ipaddress.IPv4Address) -> bool:
    return not any(address in network for network in _FORBIDDEN_IPV4)


def socket_factory(allowed: tuple[Network, ...]) -> Callable[[Any], socket.socket]:
    """Return a socket factory that raises AddressRefusedError for addresses that are not allowed.

    It checks the resolved address of each connection, so redirects, unusual spellings
    (`http://0x7f.1/`) and DNS rebinding cannot bypass it.
    """

    def make(info: Any) -> socket.socket:
        family, kind, protocol, _, address = info
        if not is_allowed(str(address[0]), allowed):
            raise AddressRefusedError(str(address[0]))
        return socket.socket(family=family, type=kind, proto=protocol)

    return make


def _embedded_ipv4(address: Address) -> ipaddress.IPv4Address | None:
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if inner := address.ipv4_mapped or address.sixtofour:
        return inner
    if address in _TRANSLATED or address.packed[8:12] in _ISATAP:
        return ipaddress.IPv4Address(address.packed[-4:])
    return None
