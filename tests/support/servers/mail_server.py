"""SMTP server on loopback that stores accepted emails and fails on request."""

import asyncio
import ssl
import threading
import warnings
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

#: Self-signed key and certificate for 127.0.0.1, for tests only.
LOOPBACK = Path(__file__).parent / "loopback.pem"


@dataclass(slots=True)
class MailServer:
    """Test server; `replies` maps steps to replies; all other steps succeed with 250.

    The steps are `mail`, `rcpt`, `data` and `end_of_data` (the email is stored before this reply).
    A reply is a line such as `550 5.1.1 unknown`, or `hang`, or `close`. `address_replies` maps
    addresses to their RCPT replies. `received` contains each stored email with its recipient.
    """

    replies: dict[str, str] = field(default_factory=dict)
    address_replies: dict[str, str] = field(default_factory=dict)
    received: list[tuple[str, EmailMessage]] = field(default_factory=list)
    security: str = "none"  #: "none", "starttls" or "tls", with the certificate `LOOPBACK`
    login: tuple[bytes, bytes] | None = (
        None  #: required user and password; None disables authentication
    )
    delay: float = 0  #: seconds before the reply to a complete email
    connections: int = 0
    port: int = 0
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _thread: threading.Thread | None = None
    _server: asyncio.Server | None = None
    _protocols: list["_Protocol"] = field(default_factory=list)

    def __enter__(self) -> Self:
        started = threading.Event()

        async def start() -> None:
            wrapped = _context() if self.security == "tls" else None
            self._server = await self._loop.create_server(
                self._connected, "127.0.0.1", 0, ssl=wrapped
            )
            self.port = self._server.sockets[0].getsockname()[1]
            started.set()

        def run() -> None:
            self._loop.run_until_complete(start())
            self._loop.run_forever()

        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()
        assert started.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        async def stop() -> None:
            assert self._server is not None
            self._server.close()
            for protocol in self._protocols:
                protocol.end()
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            await asyncio.sleep(0.05)

        asyncio.run_coroutine_threadsafe(stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        assert self._thread is not None
        self._thread.join(10)
        self._loop.close()

    def _connected(self) -> "_Protocol":
        self.connections += 1
        if self.login and self.security == "tls":
            # The library does not detect implicit TLS.
            warnings.filterwarnings("ignore", "Requiring AUTH while not requiring TLS")
        protocol = _Protocol(
            _Handler(self),
            loop=self._loop,
            enable_SMTPUTF8=False,
            tls_context=_context() if self.security == "starttls" else None,
            require_starttls=self.security == "starttls",
            auth_required=self.login is not None,
            auth_require_tls=self.security == "starttls",
            authenticator=self._authenticated,
        )
        self._protocols.append(protocol)
        return protocol

    def _authenticated(
        self, _: SMTP, __: Session, ___: Envelope, ____: str, data: LoginPassword
    ) -> AuthResult:
        is_valid = (data.login, data.password) == self.login
        return AuthResult(success=is_valid, handled=False)

    async def reply(self, step: str, server: SMTP, otherwise: str) -> str:
        """The reply at a step."""
        reply = self.replies.get(step, otherwise)
        if step == "end_of_data":
            await asyncio.sleep(self.delay)
        if reply == "hang":
            await asyncio.sleep(60)
        if reply == "close":
            _abort(server)
        return reply


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(LOOPBACK)
    return context


class _Protocol(SMTP):
    """Protocol that can be closed without an error."""

    def end(self) -> None:
        _abort(self)


def _abort(server: SMTP) -> None:
    if isinstance(server.transport, asyncio.Transport):
        server.transport.abort()


class _Handler:
    def __init__(self, owner: MailServer) -> None:
        self._owner = owner

    async def handle_MAIL(  # noqa: N802  # names of the library
        self, server: SMTP, _: Session, envelope: Envelope, address: str, __: list[str]
    ) -> str:
        envelope.mail_from = address
        return await self._owner.reply("mail", server, "250 OK")

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, _: Session, envelope: Envelope, address: str, __: list[str]
    ) -> str:
        reply = await self._owner.reply("rcpt", server, "250 OK")
        reply = self._owner.address_replies.get(address, reply)
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server: SMTP, _: Session, envelope: Envelope) -> str:  # noqa: N802
        reply = await self._owner.reply("data", server, "250 OK")
        if reply.startswith("250"):
            content = envelope.content or b""
            raw = content if isinstance(content, bytes) else content.encode()
            email = message_from_bytes(raw, policy=policy.default)
            assert isinstance(email, EmailMessage)
            self._owner.received.extend((to, email) for to in envelope.rcpt_tos)
            return await self._owner.reply("end_of_data", server, reply)
        return reply
