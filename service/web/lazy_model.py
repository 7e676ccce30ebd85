"""The model that reads what people send: loaded when it is first needed, once, beside the requests.

A server is up before its model: a search goes by words alone until it is there. Who asks for what takes
the model is told when to come again, and so is everybody while it cannot be loaded.
"""

import asyncio
import gc
import threading
import time
from collections import OrderedDict
from concurrent.futures import Future
from typing import Annotated

import numpy as np
import structlog
from fastapi import Depends, Request
from numpy.typing import NDArray

from service.domain.articles.model import Article, Vectors
from service.embed.articles import encode_articles
from service.embed.encoder import Encoder
from service.errors import BadInputError, EncoderError, ModelLoadingError
from service.web.dependencies import ModelContext, web_context

log = structlog.get_logger()

#: Questions whose vectors are kept: most are asked more than once.
KEPT = 1000
#: Seconds that whoever can do without a model waits for it; a job may have it at hand.
MOMENT = 0.2
#: Seconds for which they do without one that could not be loaded.
REST = 60.0


class LazyModel:
    """An encoder that is being loaded, was loaded, or could not be."""

    def __init__(self, reading: ModelContext) -> None:
        self._load = reading.encoder
        self._languages = reading.languages
        self._patience = reading.patience
        self._lock = threading.Lock()
        self._loading: Future[Encoder] | None = None
        self._rests_until = 0.0
        self._questions: OrderedDict[tuple[str, str], NDArray[np.float32]] = OrderedDict()

    async def encoder(self, patience: float | None = None) -> Encoder:
        """The encoder, without holding a thread while it is loaded; waits so many seconds.

        Raises:
            ModelLoadingError: it is still being loaded.
            EncoderError: it cannot be; the next request tries again.
        """
        future = asyncio.wrap_future(self._begin())
        try:
            return await asyncio.wait_for(
                asyncio.shield(future), self._patience if patience is None else patience
            )
        except TimeoutError as error:
            future.add_done_callback(lambda done: done.cancelled() or done.exception())
            raise ModelLoadingError from error
        except BadInputError as error:  # the file of centres
            raise EncoderError(str(error)) from error

    async def encoder_if_loaded(self) -> Encoder | None:
        """The encoder if it is there by now; else it is being loaded, or rests after a failure."""
        if time.monotonic() < self._rests_until:
            return None
        try:
            return await self.encoder(MOMENT)
        except EncoderError:
            return None

    def vectors(self, encoder: Encoder, article: Article) -> Vectors:
        """The vector of one article; zeros for a language that the model does not read."""
        return encode_articles(encoder, [article], languages=self._languages)

    def question(self, encoder: Encoder, text: str, language: str) -> NDArray[np.float32]:
        """The vector of some words, zeros where the model cannot read them; it is kept."""
        key = (text, language)
        with self._lock:
            if key in self._questions:
                self._questions.move_to_end(key)
                return self._questions[key]
        vectors = self.vectors(encoder, Article(0, text, lang=language))
        found: NDArray[np.float32] = vectors.values[0]
        with self._lock:
            self._questions[key] = found
            while len(self._questions) > KEPT:
                self._questions.popitem(last=False)
        return found

    def _begin(self) -> "Future[Encoder]":
        """The loading that goes on, or has ended well; a new one where the last one failed."""
        with self._lock:
            last = self._loading
            if last is not None and not (last.done() and last.exception()):
                return last
            self._loading = Future()
            # A daemon: the server may stop before the model is there.
            threading.Thread(
                target=self._run, args=(self._loading,), name="model", daemon=True
            ).start()
            return self._loading

    def _run(self, future: "Future[Encoder]") -> None:
        try:
            encoder = self._load()
        except Exception as error:  # noqa: BLE001  # handed on to whoever waits
            log.warning("the model cannot be loaded", action="model_failed", error=str(error))
            self._rests_until = time.monotonic() + REST
            future.set_exception(error)
        else:
            self._rests_until = 0.0
            _stop_collecting()
            future.set_result(encoder)


def _stop_collecting() -> None:
    """Leave what there is now, a model and its libraries, out of all later garbage collections.

    They would go through half a million objects that stay, and every request would wait meanwhile:
    half a second, once in a few hundred searches.
    """
    gc.collect()
    gc.freeze()


def model_context(request: Request) -> ModelContext:
    """How this server reads texts.

    Raises:
        EncoderError: it was started without a model.
    """
    reading = web_context(request).reading
    if reading is None:
        raise EncoderError("this server has no model to read texts with")
    return reading


async def loaded_encoder(
    request: Request, _: Annotated[ModelContext, Depends(model_context)]
) -> Encoder:
    """The encoder of the server; see `Model.encoder`."""
    return await model_of(request).encoder()


async def encoder_if_loaded(request: Request) -> Encoder | None:
    """The encoder of the server, if it has one and it is there by now; see `Model.at_hand`."""
    return (
        None
        if web_context(request).reading is None
        else await model_of(request).encoder_if_loaded()
    )


def model_of(request: Request) -> LazyModel:
    """The model of an application."""
    model: LazyModel = request.app.state.model
    return model


ModelContextDep = Annotated[ModelContext, Depends(model_context)]
EncoderDep = Annotated[Encoder, Depends(loaded_encoder)]
LazyModelDep = Annotated[LazyModel, Depends(model_of)]
