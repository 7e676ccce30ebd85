"""SSRF guard: connections only to public addresses and to the networks that a setting allows."""

import ipaddress
import socket
from collections.abc import Callable, Iterable
from typing import Any

from service.settings.convert import Network

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

#: IPv6 prefixes whose last four bytes are the IPv4 address that a translator contacts.
_TRANSLATED = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("::/96"))


class AddressRefusedError(OSError):
    """The address of a connection is not allowed.

    Derived from OSError because the event loop passes only those through unchanged.
    """

    def __init__(self, address: str) -> None:
        super().__init__(f"{address} is not a public address")
        self.address = address


def is_allowed(address: str, allowed: Iterable[Network]) -> bool:
    """Whether connections to this address are allowed.

    An IPv4 address embedded in an IPv6 one (mapped, 6to4, NAT64) is checked as IPv4.
    """
    try:
        outer = ipaddress.ip_address(address)
    except ValueError:
        return False
    target = _embedded_ipv4(outer) or outer
    if any(each in network for each in (outer, target) for network in allowed):
        return True
    # `is_global` is true for some special addresses, because they are not private networks.
    special = target.is_multicast or target.is_reserved or getattr(target, "is_site_local", False)
    return target.is_global and not special


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
    if any(address in network for network in _TRANSLATED):
        return ipaddress.IPv4Address(address.packed[-4:])
    return None
