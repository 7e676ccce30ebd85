"""Exceptions of samestory.

SamestoryError                 base class; the message is one line for the user
├── SettingsError              unknown setting, wrong type or value out of range
├── DatabaseError              the database cannot be used
│   ├── DatabaseUnreachableError  no connection
│   ├── DatabaseTooOldError    migrations are missing
│   ├── DatabaseTooNewError    migrated by a newer samestory
│   ├── LockLostError          the run of a job lost its lock
│   ├── DatabaseUnusableError  no pgvector, Postgres below 15, missing tables, read-only
│   └── EmbeddedServerError    the embedded server could not start
├── MaintenanceError           the service is in maintenance mode
├── NotFoundError              no such story, article, outlet …
│   └── HiddenError            hidden by an editor
├── DecisionConflictError      a decision conflicts with earlier active decisions
├── RequestInProgressError     the first request with this Idempotency-Key is still running
├── FeedError                  a feed could not be read; a value in results, not a crash
│   ├── BadUrlError            not an http(s) URL
│   ├── AddressNotAllowedError the host has a private or otherwise blocked address
│   ├── UnreachableError       DNS failure, no route, no response, invalid certificate
│   ├── FeedTimeoutError       no complete response within the time limit
│   ├── RedirectError          too many redirects, a loop, or an invalid target
│   ├── BadStatusError         HTTP error status
│   │   ├── GoneError          410 Gone; the feed is retired
│   │   └── BotProtectionError a page of a bot protection instead of the feed
│   ├── HostBusyError          skipped, because the host requested a pause
│   ├── BrokenResponseError    the response is truncated or malformed
│   ├── EmptyResponseError     the response has no body
│   ├── PageRefusedError       the publisher does not allow the reading of a page
│   ├── TooLargeError          the body exceeds the size limit
│   │   └── DecompressionBombError  only after decompression
│   ├── NotAFeedError          no RSS, Atom, RDF or JSON Feed
│   ├── ParseTimeoutError      parsing exceeded its time limit
│   ├── ParseCrashError        the parser process crashed or ran out of memory
│   └── InternalFeedError      an unexpected error, probably a bug of samestory
├── BadInputError              an invalid file or argument
│   ├── BadLineError           an invalid line of a file
│   ├── AlreadyExistsError     the object to create exists
│   ├── SuppressedAddressError the address is on the suppression list
│   └── IdempotencyKeyReusedError  the Idempotency-Key belongs to another request
├── EncoderError               the embedding model cannot be used
│   ├── ModelChecksumError     the weights have an unexpected checksum
│   ├── ModelMissingError      the model is not installed
│   ├── ModelLoadingError      the model is still loading
│   └── ModelMismatchError     the vectors come from different models
├── PluginError                a plugin is not installed, or failed
├── ExportError                a dump cannot be written
├── DeliveryError              a webhook receiver did not accept a delivery
└── MailError                  an email was not sent
    ├── MailRefusedError       permanently (5xx)
    ├── MailDeferredError      temporarily (4xx), or the connection broke
    └── MailServerError        the server accepts no emails from us

Catch the base class to handle all of them::

    try:
        ...
    except SamestoryError as error:
        print(error)
"""

from service.errors.base import (
    ExportError,
    MaintenanceError,
    SamestoryError,
    SettingsError,
)
from service.errors.database import (
    DatabaseError,
    DatabaseTooNewError,
    DatabaseTooOldError,
    DatabaseUnreachableError,
    DatabaseUnusableError,
    EmbeddedServerError,
    LockLostError,
)
from service.errors.feeds import (
    AddressNotAllowedError,
    BadStatusError,
    BadUrlError,
    BotProtectionError,
    BrokenResponseError,
    DecompressionBombError,
    EmptyResponseError,
    FeedError,
    FeedTimeoutError,
    GoneError,
    HostBusyError,
    InternalFeedError,
    NotAFeedError,
    PageRefusedError,
    ParseCrashError,
    ParseTimeoutError,
    RedirectError,
    TooLargeError,
    UnreachableError,
)
from service.errors.models import (
    ComputeError,
    EncoderError,
    ModelChecksumError,
    ModelLoadingError,
    ModelMismatchError,
    ModelMissingError,
    PluginError,
)
from service.errors.requests import (
    AlreadyExistsError,
    BadInputError,
    BadLineError,
    DecisionConflictError,
    HiddenError,
    IdempotencyKeyReusedError,
    NotFoundError,
    RequestInProgressError,
    SuppressedAddressError,
)
from service.errors.sending import (
    DeliveryError,
    MailDeferredError,
    MailError,
    MailRefusedError,
    MailServerError,
)

__all__ = [
    "AddressNotAllowedError",
    "AlreadyExistsError",
    "BadInputError",
    "BadLineError",
    "BadStatusError",
    "BadUrlError",
    "BotProtectionError",
    "BrokenResponseError",
    "ComputeError",
    "DatabaseError",
    "DatabaseTooNewError",
    "DatabaseTooOldError",
    "DatabaseUnreachableError",
    "DatabaseUnusableError",
    "DecisionConflictError",
    "DecompressionBombError",
    "DeliveryError",
    "EmbeddedServerError",
    "EmptyResponseError",
    "EncoderError",
    "ExportError",
    "FeedError",
    "FeedTimeoutError",
    "GoneError",
    "HiddenError",
    "HostBusyError",
    "IdempotencyKeyReusedError",
    "InternalFeedError",
    "LockLostError",
    "MailDeferredError",
    "MailError",
    "MailRefusedError",
    "MailServerError",
    "MaintenanceError",
    "ModelChecksumError",
    "ModelLoadingError",
    "ModelMismatchError",
    "ModelMissingError",
    "NotAFeedError",
    "NotFoundError",
    "PageRefusedError",
    "ParseCrashError",
    "ParseTimeoutError",
    "PluginError",
    "RedirectError",
    "RequestInProgressError",
    "SamestoryError",
    "SettingsError",
    "SuppressedAddressError",
    "TooLargeError",
    "UnreachableError",
]
