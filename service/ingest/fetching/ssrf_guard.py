"""Which addresses may be connected to: public ones, and those of networks that a setting names."""

import ipaddress
import socket
from collections.abc import Callable, Iterable
from typing import Any

from service.settings.convert import Network

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

#: IPv6 prefixes whose last four bytes are an IPv4 address that a translator will contact.
_TRANSLATED = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("::/96"))


class AddressRefusedError(OSError):
    """A connection was not made, because its address is closed to feeds.

    An OSError, because only those pass through the event loop's connecting code unchanged.
    """

    def __init__(self, address: str) -> None:
        super().__init__(f"{address} is no public address")
        self.address = address


def is_allowed(address: str, allowed: Iterable[Network]) -> bool:
    """Whether a feed may be read from this address.

    An IPv4 address within an IPv6 one (mapped, 6to4, NAT64) is judged as what it leads to.
    """
    try:
        outer = ipaddress.ip_address(address)
    except ValueError:
        return False
    target = _leads_to(outer)
    if any(each in network for each in (outer, target) for network in allowed):
        return True
    # Python counts some closed kinds as global, because they are no private networks.
    odd = target.is_multicast or target.is_reserved or getattr(target, "is_site_local", False)
    return target.is_global and not odd


def socket_factory(allowed: tuple[Network, ...]) -> Callable[[Any], socket.socket]:
    """A maker of sockets that refuses an address instead of making one for it.

    It sees the very address of each connection, after name resolution, so neither a redirect, an
    odd spelling (`http://0x7f.1/`) nor a name that resolves differently a second time gets past.
    """

    def make(info: Any) -> socket.socket:
        family, kind, protocol, _, address = info
        if not is_allowed(str(address[0]), allowed):
            raise AddressRefusedError(str(address[0]))
        return socket.socket(family=family, type=kind, proto=protocol)

    return make


def _leads_to(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if inner := address.ipv4_mapped or address.sixtofour:
        return inner
    if any(address in network for network in _TRANSLATED):
        return ipaddress.IPv4Address(address.packed[-4:])
    return address
