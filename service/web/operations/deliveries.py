"""`/operations/deliveries`: digests, alerts and webhooks that were not delivered; retries."""

from datetime import timedelta

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse

from service.ingest.fetching.webhook_target import WebhookTarget, send_again
from service.store.operations import emails
from service.store.subscribers.email_stats import load_daily_outcomes
from service.store.webhooks import attempts, webhooks
from service.web.dependencies import ReadSession, WebContextDep
from service.web.operations.plots import Value, plot_bars
from service.web.operations.sections import render_section
from service.web.people.forms import PostedForm
from service.web.people.pages import Admin, see_other
from service.web.rendering.templates import day

router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)

PATH = "/operations/deliveries"
#: Span of the listed emails, and numbers of listed emails and attempts per webhook.
SPAN, MAX_EMAILS, MAX_ATTEMPTS = timedelta(days=14), 50, 10


@router.get(PATH)
def deliveries_page(
    session: ReadSession, web: WebContextDep, person: Admin, *, done: str = ""
) -> HTMLResponse:
    """Emails of the last two weeks, unsent ones, and webhooks with their latest attempts."""
    now = web.clock()
    since = now - SPAN
    outcomes = load_daily_outcomes(session, since=since.date())
    hooks = [
        (each, attempts.list_attempts(session, each.id, limit=MAX_ATTEMPTS))
        for each in webhooks.list_webhooks(session)
    ]
    return render_section(
        web,
        person,
        PATH,
        "deliveries.html",
        done=done,
        outcomes=outcomes,
        plot=plot_bars(
            "Emails sent per day",
            (
                Value(
                    f"{each.outcome.sent} {each.outcome.kind} emails on {day(each.local_date)}",
                    each.outcome.sent,
                    bad=each.outcome.failed > 0,
                )
                for each in reversed(outcomes)
            ),
        ),
        unsent=emails.list_unsent(session, since=since, limit=MAX_EMAILS),
        hooks=hooks,
        mail_configured=web.settings.mail.ready,
    )


@router.post(f"{PATH}/emails", response_model=None)
def retry_email(web: WebContextDep, _: Admin, form: PostedForm) -> RedirectResponse:
    """Send an unsent email with the next run of its job."""
    with web.sessions.begin() as session:
        emails.retry(session, form.id("email"), now=web.clock())
    return see_other(f"{PATH}?done=retried")


@router.post(f"{PATH}/webhooks", response_model=None)
def change_webhook(web: WebContextDep, _: Admin, form: PostedForm) -> RedirectResponse:
    """Pause or resume a webhook."""
    with web.sessions.begin() as session:
        if form.text("state") == "paused":
            webhooks.pause(session, form.id("webhook"))
            return see_other(f"{PATH}?done=paused")
        webhooks.resume(session, form.id("webhook"), now=web.clock())
    return see_other(f"{PATH}?done=resumed")


@router.post(f"{PATH}/changes", response_model=None)
def redeliver(web: WebContextDep, _: Admin, form: PostedForm) -> RedirectResponse:
    """Deliver one change to a webhook again, now; takes up to `webhooks.timeout_seconds`."""
    hook, change, now = form.id("webhook"), form.id("change"), web.clock()
    with web.sessions() as session:  # closed before the delivery, which may be slow
        target = WebhookTarget(
            hook, webhooks.get(session, hook).url, webhooks.get_secret(session, hook)
        )
        transition = attempts.get_change(session, change)
    outcome = send_again(target, transition, web.settings)
    with web.sessions.begin() as session:
        webhooks.lock_row(session, hook)  # it may have been removed meanwhile
        attempts.record(session, hook, {change: outcome}, now=now, is_redelivery=True)
    return see_other(f"{PATH}?done={'rejected' if outcome.error else 'accepted'}")
