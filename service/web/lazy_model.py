"""Embedding model of the web server: loaded in the background at first use, with a query cache.

The server starts before the model is loaded. Until then, search is keyword-only, and routes that
need the model return 503 with Retry-After, as they do while the model cannot be loaded.
"""

import asyncio
import gc
import threading
import time
from collections import OrderedDict
from concurrent.futures import Future
from typing import Annotated, cast

import numpy as np
import structlog
from fastapi import Depends, Request
from numpy.typing import NDArray

from service.domain.articles.model import Article, Vectors
from service.embed.articles import encode_articles, encode_query
from service.embed.encoder import Encoder
from service.errors import BadInputError, EncoderError, ModelLoadingError
from service.web.dependencies import ModelContext, web_context

log = structlog.get_logger()

MAX_CACHED_QUERIES = 1000
#: Seconds to wait where the model is optional; enough for a model that is cached on disk.
SHORT_WAIT = 0.2
#: Seconds without a new attempt after a failed load, where the model is optional.
RETRY_DELAY = 60.0


class LazyModel:
    """An encoder that a background thread loads at first use."""

    def __init__(self, context: ModelContext) -> None:
        self._load = context.encoder
        self._languages = context.languages
        self._load_timeout = context.load_timeout
        self._lock = threading.Lock()
        self._loading: Future[Encoder] | None = None
        self._retry_at = 0.0
        self._query_vectors: OrderedDict[tuple[str, str], NDArray[np.float32]] = OrderedDict()

    async def encoder(self, load_timeout: float | None = None) -> Encoder:
        """Return the encoder; wait for it up to `load_timeout` seconds without blocking a thread.

        Raises:
            ModelLoadingError: the model is still loading.
            EncoderError: the model cannot be loaded; the next request tries again.
        """
        future = asyncio.wrap_future(self._start_loading())
        try:
            return await asyncio.wait_for(
                asyncio.shield(future), self._load_timeout if load_timeout is None else load_timeout
            )
        except TimeoutError as error:
            # Retrieve a later exception, otherwise asyncio logs it as unhandled.
            future.add_done_callback(lambda done: done.cancelled() or done.exception())
            raise ModelLoadingError from error
        except BadInputError as error:  # the file of language means
            raise EncoderError(str(error)) from error

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
        return encode_articles(encoder, [article], languages=self._languages)

    def query_vector(self, encoder: Encoder, text: str, language: str) -> NDArray[np.float32]:
        """Encode a query, with a cache; zeros if the model does not support the language."""
        key = (text, language)
        with self._lock:
            if key in self._query_vectors:
                self._query_vectors.move_to_end(key)
                return self._query_vectors[key]
        vector = encode_query(encoder, text, language, languages=self._languages)
        with self._lock:
            self._query_vectors[key] = vector
            while len(self._query_vectors) > MAX_CACHED_QUERIES:
                self._query_vectors.popitem(last=False)
        return vector

    def _start_loading(self) -> "Future[Encoder]":
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

    def _load_in_thread(self, future: "Future[Encoder]") -> None:
        try:
            encoder = self._load()
        except Exception as error:  # noqa: BLE001  # passed to all waiting requests
            log.warning("embedding model cannot be loaded", action="model_failed", error=str(error))
            self._retry_at = time.monotonic() + RETRY_DELAY
            future.set_exception(error)
        else:
            self._retry_at = 0.0
            # Exclude the half million objects of the model and its libraries from garbage
            # collection. Otherwise a collection stalls all requests for half a second, once in a
            # few hundred searches.
            gc.collect()
            gc.freeze()
            future.set_result(encoder)


def model_context(request: Request) -> ModelContext:
    """Dependency: models and settings of the server.

    Raises:
        EncoderError: the server was started without a model.
    """
    context = web_context(request).model_context
    if context is None:
        raise EncoderError("No embedding model is configured for this server")
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


ModelContextDep = Annotated[ModelContext, Depends(model_context)]
EncoderDep = Annotated[Encoder, Depends(loaded_encoder)]
LazyModelDep = Annotated[LazyModel, Depends(lazy_model)]
