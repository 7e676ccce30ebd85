"""Embedding model of the web server: loaded in the background at first use, with a query cache.

The server starts before the model is loaded. Until then, search is keyword-only, and routes that
need the model return 503 with Retry-After, as they do while the model cannot be loaded.

After a switch to another model, a thread loads it while requests still use the former one.
"""

import asyncio
import gc
import threading
import time
from collections import OrderedDict
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Annotated, cast

import numpy as np
import structlog
from fastapi import Depends, Request
from numpy.typing import NDArray
from sqlalchemy.exc import SQLAlchemyError

from service.domain.articles.model import Article, Vectors
from service.embed.articles import encode_articles, encode_query
from service.embed.encoder import Encoder
from service.errors import BadInputError, DatabaseError, EncoderError, ModelLoadingError
from service.web.dependencies import ModelContext, web_context

log = structlog.get_logger()

MAX_CACHED_QUERIES = 1000
#: Seconds to wait where the model is optional; enough for a model that is cached on disk.
SHORT_WAIT = 0.2
#: Seconds without a new attempt after a failed load, where the model is optional.
RETRY_DELAY = 60.0


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """An encoder with the weights and settings that fit it."""

    encoder: Encoder
    context: ModelContext


class LazyModel:
    """An encoder that a background thread loads at first use."""

    def __init__(self, context: ModelContext) -> None:
        self._context = context
        self._lock = threading.Lock()
        self._loading: Future[LoadedModel] | None = None
        self._former: LoadedModel | None = None
        self._checked_at = 0.0
        self._is_checking = False
        self._retry_at = 0.0
        self._query_vectors: OrderedDict[tuple[str, str, str], NDArray[np.float32]] = OrderedDict()

    async def encoder(self, load_timeout: float | None = None) -> Encoder:
        """Return the encoder; wait for it up to `load_timeout` seconds without blocking a thread.

        Raises:
            ModelLoadingError: the model is still loading.
            EncoderError: the model cannot be loaded; the next request tries again.
        """
        future = asyncio.wrap_future(self._start_loading())
        try:
            timeout = self._context.load_timeout if load_timeout is None else load_timeout
            loaded = await asyncio.wait_for(asyncio.shield(future), timeout)
        except TimeoutError as error:
            # Retrieve a later exception, otherwise asyncio logs it as unhandled.
            future.add_done_callback(lambda done: done.cancelled() or done.exception())
            raise ModelLoadingError from error
        except BadInputError as error:  # the file of language means
            raise EncoderError(str(error)) from error
        self._check_if_due()
        return loaded.encoder

    def context_of(self, encoder: Encoder) -> ModelContext:
        """Return the weights and settings that fit an encoder which `encoder` returned."""
        former = self._former
        if former is not None and former.encoder is encoder:
            return former.context
        return self._start_loading().result().context

    async def encoder_if_loaded(self) -> Encoder | None:
        """Return the encoder if it loads within `SHORT_WAIT`; None otherwise or after a failure."""
        if time.monotonic() < self._retry_at:
            return None
        try:
            return await self.encoder(SHORT_WAIT)
        except EncoderError:
            return None

    def vectors(self, encoder: Encoder, article: Article) -> Vectors:
        """Encode one article; the vector is zero if the model does not support its language."""
        languages = self.context_of(encoder).languages
        return encode_articles(encoder, [article], languages=languages)

    def query_vector(self, encoder: Encoder, text: str, language: str) -> NDArray[np.float32]:
        """Encode a query, with a cache; zeros if the model does not support the language."""
        key = (encoder.model, text, language)
        with self._lock:
            if key in self._query_vectors:
                self._query_vectors.move_to_end(key)
                return self._query_vectors[key]
        languages = self.context_of(encoder).languages
        vector = encode_query(encoder, text, language, languages=languages)
        with self._lock:
            self._query_vectors[key] = vector
            while len(self._query_vectors) > MAX_CACHED_QUERIES:
                self._query_vectors.popitem(last=False)
        return vector

    def _start_loading(self) -> "Future[LoadedModel]":
        """Return the current or successful load; start a new one if there is none or it failed."""
        with self._lock:
            last = self._loading
            if last is not None and not (last.done() and last.exception()):
                return last
            self._loading = Future()
            # A daemon thread, so that the server can stop while the model loads.
            threading.Thread(
                target=self._load_in_thread, args=(self._loading,), name="model", daemon=True
            ).start()
            return self._loading

    def _load_in_thread(self, future: "Future[LoadedModel]") -> None:
        try:
            loaded = self._load(self._find_current())
        except Exception as error:  # noqa: BLE001  # passed to all waiting requests
            log.warning("embedding model cannot be loaded", action="model_failed", error=str(error))
            self._retry_at = time.monotonic() + RETRY_DELAY
            future.set_exception(error)
        else:
            self._retry_at, self._checked_at = 0.0, time.monotonic()
            future.set_result(loaded)

    def _load(self, context: ModelContext) -> LoadedModel:
        loaded = LoadedModel(context.encoder(), context)
        # Exclude the half million objects of the model and its libraries from garbage
        # collection. Otherwise a collection stalls all requests for half a second, once in a
        # few hundred searches.
        gc.collect()
        gc.freeze()
        return loaded

    def _find_current(self) -> ModelContext:
        """Return the models in use; those of the settings if the database does not respond."""
        find = self._context.find_current
        try:
            return find() if find else self._context
        except (SQLAlchemyError, DatabaseError):
            return self._context

    def _check_if_due(self) -> None:
        """Check the model in use again, some seconds after the latest check."""
        due = self._checked_at + self._context.check_interval < time.monotonic()
        if not due or self._context.find_current is None:
            return
        with self._lock:
            if self._is_checking:
                return
            self._is_checking = True
        threading.Thread(target=self._check, name="model check", daemon=True).start()

    def _check(self) -> None:
        """Replace the model if another one is in use; requests use it once it is loaded."""
        try:
            former = self._start_loading().result()
            self._former = None  # requests that began before the latest check have ended
            context = self._find_current()
            if context is self._context or context.encoder is former.context.encoder:
                return
            future: Future[LoadedModel] = Future()
            future.set_result(self._load(context))
            with self._lock:
                self._former, self._loading = former, future
        except Exception as error:  # noqa: BLE001  # the former model stays in use
            log.warning("embedding model cannot be loaded", action="model_failed", error=str(error))
        finally:
            self._checked_at, self._is_checking = time.monotonic(), False


def model_context(request: Request) -> ModelContext:
    """Dependency: models and settings of the server.

    Raises:
        EncoderError: the server was started without a model.
    """
    context = web_context(request).model_context
    if context is None:
        raise EncoderError("No embedding model is configured for this server: set embed.model")
    return context


def lazy_model(request: Request) -> LazyModel:
    """Dependency: the model of the application."""
    return cast("LazyModel", request.app.state.model)


async def loaded_encoder(
    request: Request, _: Annotated[ModelContext, Depends(model_context)]
) -> Encoder:
    """Dependency: the encoder of the server; see `LazyModel.encoder`."""
    return await lazy_model(request).encoder()


async def encoder_if_loaded(request: Request) -> Encoder | None:
    """The encoder of the server, or None; see `LazyModel.encoder_if_loaded`."""
    if web_context(request).model_context is None:
        return None
    return await lazy_model(request).encoder_if_loaded()


EncoderDep = Annotated[Encoder, Depends(loaded_encoder)]
LazyModelDep = Annotated[LazyModel, Depends(lazy_model)]
