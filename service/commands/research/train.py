"""`samestory train`: learn the pair model's weights from labelled files."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from service.commands.research import jsonl
from service.commands.research.grouper import encode, settings_of
from service.commands.research.jsonl import Label
from service.domain.articles.model import Article, Vectors
from service.domain.evaluation.grouping_metrics import bcubed, encode_labels
from service.domain.grouping.window import group_window
from service.domain.pairs.candidates import Pairs, candidate_pairs, recall
from service.domain.pairs.features import Features, TokenisedArticles
from service.domain.pairs.score import PairModel, pair_features
from service.domain.pairs.training import (
    LabelledPairs,
    calibration_error,
    fit,
    simulate_translation,
    untrained_model,
)
from service.errors import BadInputError
from service.settings.load import Settings

#: Marks the name of a set that is read without its texts.
_TITLES = " (titles)"
_WIDTH = 36


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """One labelled file, ready to learn from and to be tested on."""

    name: str
    digest: str
    articles: list[Article]
    labels: list[Label]
    vectors: Vectors
    features: Features
    pairs: Pairs
    learnable: LabelledPairs

    @property
    def file(self) -> str:
        """The file's name: what is left out is left out with and without its texts."""
        return self.name.removesuffix(_TITLES)


def train(
    gold: Annotated[list[str], typer.Argument(metavar="GOLD.jsonl...", help="Labelled files.")],
    output: Annotated[str, typer.Option("-o", "--output", help="Where the weights go.")],
    titles: Annotated[
        bool, typer.Option(help="Learn from each file once more with its titles alone.")
    ] = True,
    profile: Annotated[str, typer.Option(help="Settings for another kind of input.")] = "",
) -> None:
    """Learn weights from all files; print how each fares with weights from the others alone.

    Nothing is random: the same files give the same weights.
    """
    jsonl.require_writable(output)
    names = [Path(path).name for path in gold]
    if jsonl.STANDARD in gold or len(set(names)) < len(names):
        raise typer.BadParameter("give files, no two of one name")
    settings = settings_of(profile)
    sets = [labelled_set(path, settings) for path in gold]
    if titles:
        sets += [labelled_set(path, settings, titles=True) for path in gold]
    if len(gold) > 1:
        print(f"{'left out':{_WIDTH}}{'articles':>9}{'recall':>8}{'each':>8}{'B3 F1':>8}{'ECE':>7}")
        for left in sets:
            others = [each for each in sets if each.file != left.file]
            print(left_out_line(left, others, settings), flush=True)
    model = learned(sets, settings, about=about(sets))
    if output == jsonl.STANDARD:
        print(model.dump(), end="")
    else:
        jsonl.write_whole(Path(output), model.dump().encode())


def labelled_set(path: str, settings: Settings, *, titles: bool = False) -> LabelledSet:
    """Read a file, take the labels out, find and measure its candidates."""
    lines = jsonl.read_lines(path)
    labels = list(jsonl.read_labels(path, lines).values())
    articles = jsonl.articles_of(path, lines)
    if titles:
        articles = [replace(article, text="") for article in articles]
    vectors = encode(articles, settings)
    tokenised = TokenisedArticles.build(articles, vectors)
    features = Features.build(tokenised, tokenised.build_vocabulary())
    pairs = candidate_pairs(features, settings.candidates)
    if not len(pairs):
        raise BadInputError(f"{path}: no two articles to learn from")
    names = encode_labels(labels)
    return LabelledSet(
        name=Path(path).name + (_TITLES if titles else ""),
        digest=hashlib.sha256(Path(path).read_bytes()).hexdigest(),
        articles=articles,
        labels=labels,
        vectors=vectors,
        features=features,
        pairs=pairs,
        learnable=LabelledPairs(
            pair_features(features, pairs, untrained_model(settings.training)),
            names[pairs[:, 0]] == names[pairs[:, 1]],
        ),
    )


def learned(sets: Sequence[LabelledSet], settings: Settings, *, about: dict[str, Any]) -> PairModel:
    """Weights from some sets; where reports are translated, from the sets as if they were."""
    pairs = [each.learnable for each in sets]
    if cost := settings.training.translation:
        pairs += [simulate_translation(each, cost) for each in pairs]
    return fit(pairs, untrained_model(settings.training), about=about)


def left_out_line(left: LabelledSet, others: Sequence[LabelledSet], settings: Settings) -> str:
    """One set's figures with weights that never saw it."""
    model = learned(others, settings, about={})
    with_prior_shift = left.features.with_prior_shift(model.shift(left.features, left.pairs))
    error = calibration_error(model.score(with_prior_shift, left.pairs), left.learnable.same)
    return (
        f"{left.name:{_WIDTH}}{len(left.articles):>9}{recall(left.pairs, left.labels):>8.3f}"
        f"{len(left.pairs) * 2 / len(left.articles):>8.1f}{f1(left, model, settings):>8.3f}"
        f"{error:>7.3f}"
    )


def f1(labelled: LabelledSet, model: PairModel, settings: Settings) -> float:
    """B-cubed F1 of the grouping."""
    grouping = group_window(
        labelled.articles, labelled.vectors, model=model, settings=settings.stories
    )
    stories = grouping.labels()
    return bcubed(labelled.labels, [stories[article.id] for article in labelled.articles]).f1


def about(sets: Sequence[LabelledSet]) -> dict[str, Any]:
    """What the weights were made from."""
    return {
        "encoder": sets[0].vectors.model,
        "random": "nothing",
        "sets": {each.name: each.digest for each in sets},
    }
