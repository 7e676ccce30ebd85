"""Clients with an API key."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from service.domain.access.roles import Role
from service.store.access import keys
from service.store.access.keys import Key
from service.store.database.sessions import Sessions
from tests.support.database.rows import NOW
from tests.support.servers.site import Site, SiteResponse


@dataclass(frozen=True, slots=True)
class KeyClient:
    """A client of a site, with an API key."""

    site: Site
    key: Key
    secret: str

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> SiteResponse:
        """Send a request with the key, and JSON if there is a body."""
        own = {"Authorization": f"Bearer {self.secret}", **(headers or {})}
        if body is None:
            return self.site.get(path, method=method, headers=own)
        own = {"Content-Type": "application/json", **own}
        return self.site.get(path, method=method, headers=own, body=json.dumps(body).encode())

    def get(self, path: str) -> SiteResponse:
        """Send a GET request."""
        return self.request("GET", path)

    def post(self, path: str, body: Any = None, **headers: str) -> SiteResponse:
        """Send a POST request; `_` in header names stands for `-`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.request("POST", path, body, headers=named)


def make_key_client(
    site: Site, sessions: Sessions, name: str, *roles: Role, **values: Any
) -> KeyClient:
    """Create a key and a client that uses it."""
    with sessions.begin() as session:
        key, secret = keys.create(session, name, roles, now=NOW, **values)
    return KeyClient(site, key, secret)
