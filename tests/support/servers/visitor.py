"""A person in a browser without scripts: cookies, forms and their hidden token."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import urlencode

from tests.support.servers.site import Site, SiteResponse

HTML = "text/html,application/xhtml+xml,*/*;q=0.8"


@dataclass(slots=True)
class Visitor:
    """A client that keeps cookies; redirects are not followed."""

    site: Site
    cookies: dict[str, str] = field(default_factory=dict)
    token: str = ""  #: of the last page with a form

    def get(self, path: str, **headers: str) -> SiteResponse:
        """Open a page."""
        return self._send("GET", path, None, headers)

    def post(
        self, path: str, fields: Mapping[str, str | Sequence[str]] | None = None, **headers: str
    ) -> SiteResponse:
        """Send a form with the token of the last page; `_` in header names stands for `-`."""
        body = urlencode({"form_token": self.token, **(fields or {})}, doseq=True).encode()
        return self._send("POST", path, body, headers)

    def upload(self, path: str, name: str, file: str, content: bytes) -> SiteResponse:
        """Send a form with one file."""
        boundary = "limit-of-parts"
        token = f'--{boundary}\r\nContent-Disposition: form-data; name="form_token"\r\n\r\n'
        part = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{file}"'
        head = f"{token}{self.token}\r\n{part}\r\n\r\n".encode()
        body = head + content + f"\r\n--{boundary}--\r\n".encode()
        kind = f"multipart/form-data; boundary={boundary}"
        return self._send("POST", path, body, {"Content-Type": kind})

    def sign_in(self, secret: str, next_page: str = "") -> SiteResponse:
        """Sign in with an API key, and open the page that follows."""
        self.get("/sign-in")
        response = self.post("/sign-in", {"key": secret, "next": next_page})
        if response.status == 303:
            self.get(response.headers["location"])
        return response

    def _send(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str]
    ) -> SiteResponse:
        own = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            own["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if body is not None:
            own.setdefault("Content-Type", "application/x-www-form-urlencoded")
        response = self.site.get(path, method=method, accept=HTML, headers=own, body=body)
        for cookie in response.cookies:
            for name, morsel in SimpleCookie(cookie).items():
                self.cookies[name] = morsel.value
                if morsel["max-age"] == "0":
                    del self.cookies[name]
        if found := re.search(r'name="form_token" value="([^"]+)"', response.body.decode()):
            self.token = found[1]
        return response
