"""Client of a connection: an IPv4 address, or the IPv6 network that a client usually controls."""

import ipaddress

#: Prefix length of the IPv6 network of a client.
IPV6_PREFIX = 64


def client_network(host: str) -> str:
    """Return the /64 network of an IPv6 address; an IPv4 address or other text stays unchanged."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return host
    if address.ipv4_mapped is not None:  # an IPv4 client of a socket for both versions
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address), IPV6_PREFIX), strict=False))
