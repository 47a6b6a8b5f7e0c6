"""The address under which others find this app."""

import ipaddress
import socket
from urllib.parse import urlsplit


def host_for_others(url: str) -> str:
    """Host and port of an address as other computers can use them.

    Args:
        url: of a page as somebody sees it. Where that is this computer's name for itself, the address that it has in its
            network takes its place.
    """
    host = urlsplit(url).netloc
    name, colon, port = host.rpartition(":") if host.rpartition(":")[2].isdigit() else (host, "", "")
    if name == "localhost" or _is_loopback(name):
        return _name_for_others(name) + colon + port
    return host


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def _name_for_others(name: str) -> str:
    """The address that this computer has in its network; nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address that nobody has (RFC 5737)
            return probe.getsockname()[0]
        except OSError:
            return name
