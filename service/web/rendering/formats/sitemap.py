"""Sitemap of the pages (sitemaps.org)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


@dataclass(frozen=True, slots=True)
class Address:
    """Path of a page, and the time of its last change if it is known."""

    path: str
    changed_at: datetime | None = None


def render_sitemap(base: str, addresses: Iterable[Address]) -> bytes:
    """Write the sitemap; `base` is the address of the site without a slash at its end."""
    root = ET.Element("urlset", xmlns=NAMESPACE)
    for address in addresses:
        entry = ET.SubElement(root, "url")
        ET.SubElement(entry, "loc").text = base + address.path
        if address.changed_at:
            changed = address.changed_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            ET.SubElement(entry, "lastmod").text = changed
    content: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return content
