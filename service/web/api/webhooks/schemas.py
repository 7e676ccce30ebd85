"""Request and response schemas of `/v1/webhooks`."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from service.domain.field_types import Count, ShortText
from service.domain.stories.transitions import TransitionKind
from service.domain.webhooks.retries import DeliveryOutcome
from service.errors.redaction import redact_url
from service.store.webhooks.attempts import Attempt
from service.store.webhooks.webhooks import Webhook
from service.web.rendering.schemas import Timestamp
from service.web.requests.parameters.types import BigInt

URL = "https://newsroom.example/hook"
#: Description of the field `min_coverage`.
MIN_COVERAGE = (
    "Minimum number of outlets of the story after the change; ignored for the kind `hidden`."
)

#: Description of the field `query`.
QUERY = (
    "Id of a saved query; only changes of stories that match it. Null: all stories. Changes "
    "of the kind `hidden` are always delivered."
)


class NewWebhook(BaseModel):
    """A webhook to add."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(
        min_length=1,
        max_length=2000,
        description="HTTP or HTTPS URL that receives the changes of stories as POST requests.",
        examples=[URL],
    )
    kinds: list[TransitionKind] = Field(
        default=[],
        max_length=20,
        description="Kinds of changes to deliver; an empty list means all.",
    )
    min_coverage: Count = Field(
        default=0,
        description=MIN_COVERAGE,
    )
    query: ShortText | None = Field(default=None, description=QUERY, examples=["harbour"])
    since: BigInt | None = Field(
        default=None,
        description="Deliver the changes with ids above this one; 0: all. If it is missing or "
        "null: only new ones.",
        examples=[0],
    )


class WebhookChange(BaseModel):
    """Changes to a webhook; omitted fields stay unchanged."""

    model_config = ConfigDict(extra="forbid")

    # Factories make the fields optional without allowing null; their values are never read.
    url: str = Field(
        default_factory=str,
        min_length=1,
        max_length=2000,
        description="New HTTP or HTTPS URL.",
        examples=[URL],
    )
    kinds: list[TransitionKind] = Field(
        default_factory=list,
        max_length=20,
        description="Kinds of changes to deliver; an empty list means all.",
    )
    min_coverage: Count = Field(
        default_factory=int,
        description=MIN_COVERAGE,
    )
    query: Annotated[str, Field(max_length=200)] = Field(
        default_factory=str,
        description=f"{QUERY} An empty text removes the condition.",
        examples=["harbour"],
    )
    state: Literal["active", "paused"] = Field(
        default_factory=lambda: "active",
        description="`paused` stops deliveries. `active` continues them where they stopped, and "
        "retries failed ones.",
    )


class WebhookOut(BaseModel):
    """A webhook with the state of its deliveries, without its secret."""

    id: int
    url: str = Field(examples=[URL])
    state: str = Field(description="`active` or `paused`.", examples=["active"])
    kinds: list[str] = Field(
        description="Kinds of changes that are delivered; an empty list means all.",
        examples=[["merged", "split"]],
    )
    min_coverage: int = Field(description=MIN_COVERAGE)
    query: str | None = Field(description=QUERY, examples=[None])
    last_delivered_id: int = Field(
        description="Position of the webhook. Changes up to this id were delivered or filtered "
        "out, or wait for a retry."
    )
    blocked_stories: int = Field(
        description="Number of stories with a failed delivery, which is retried. Their later "
        "changes wait; deliveries for other stories continue."
    )
    error: str | None = Field(
        description="Last error of a delivery; null after a successful one.", examples=[None]
    )
    pause_reason: str | None = Field(
        description="`paused manually`, or the error that stopped deliveries; null if active.",
        examples=[None],
    )
    next_attempt_at: Timestamp | None = Field(
        description="Deliveries pause until this time, because the receiver failed or sent "
        "Retry-After; null without a pause."
    )
    created_at: Timestamp
    last_delivered_at: Timestamp | None = Field(
        description="Time of the last successful delivery; null before the first one."
    )

    @classmethod
    def of(cls, hook: Webhook, **more: Any) -> Self:
        return cls(
            id=hook.id,
            url=redact_url(hook.url),
            state=hook.state,
            kinds=list(hook.event_filter.kinds),
            min_coverage=hook.event_filter.min_coverage,
            query=hook.event_filter.query,
            last_delivered_id=hook.last_delivered_id,
            blocked_stories=hook.blocked_stories,
            error=hook.error,
            pause_reason=hook.health.pause_reason,
            next_attempt_at=hook.health.next_attempt_at,
            created_at=hook.created_at,
            last_delivered_at=hook.last_delivered_at,
            **more,
        )


class NewWebhookOut(WebhookOut):
    """A webhook with its new secret."""

    secret: str | None = Field(
        description="Signing secret, returned only once; null in the response to a repeated "
        "request.",
        examples=["whsec_q1mYb3Zt5VfLw0cXn8Rk2sPdJ7uHg4aTe6iQoBz9yMA="],
    )


class DeliveryOut(BaseModel):
    """An attempt to deliver a change to a webhook."""

    change: int = Field(description="Id of the change.")
    at: Timestamp = Field(description="Time of the attempt.")
    status: int | None = Field(
        description="Status code of the receiver; null without a response.", examples=[204]
    )
    error: str | None = Field(description="Error message; null if accepted.", examples=[None])
    is_redelivery: bool = Field(
        description="Whether an operator requested the attempt after the regular delivery."
    )

    @classmethod
    def of(cls, attempt: Attempt) -> Self:
        return cls(
            change=attempt.change,
            at=attempt.at,
            status=attempt.status,
            error=attempt.error,
            is_redelivery=attempt.is_redelivery,
        )


class OutcomeOut(BaseModel):
    """Outcome of a single delivery."""

    accepted: bool = Field(
        description="Whether the receiver responded with a status of 200 to 299."
    )
    status: int | None = Field(
        description="Status code of the receiver; null without a response.", examples=[204]
    )
    error: str | None = Field(description="Error message; null if accepted.", examples=[None])

    @classmethod
    def of(cls, outcome: DeliveryOutcome) -> Self:
        return cls(accepted=outcome.error is None, status=outcome.status, error=outcome.error)
