"""Command `train`: train the pair model on labelled files, with leave-one-out evaluation."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from service.commands.research import jsonl
from service.commands.research.grouper import ProfileOption, encode
from service.commands.research.jsonl import Label
from service.commands.running.models import load_merge_model
from service.domain.articles.boilerplate import remove_boilerplate
from service.domain.articles.model import Article, Floats, Vectors
from service.domain.evaluation.grouping_metrics import bcubed, encode_labels
from service.domain.grouping.window import group_window
from service.domain.pairs.candidates import candidate_pairs, recall
from service.domain.pairs.features import Features, TokenisedArticles
from service.domain.pairs.nearest import Pairs
from service.domain.pairs.scoring.calibration import Calibration
from service.domain.pairs.scoring.score import PairModel, pair_features
from service.domain.pairs.scoring.training import (
    LabelledPairs,
    calibration_error,
    fit,
    fit_calibration,
    simulate_translation,
    untrained_model,
)
from service.errors import BadInputError
from service.settings import load as settings_module
from service.settings.load import Settings

#: Suffix of the name of a set that is used with its titles only.
_TITLES = " (titles)"
_NAME_WIDTH = 36


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """A labelled file with its features and candidate pairs."""

    name: str
    digest: str
    articles: list[Article]
    labels: list[Label]
    vectors: Vectors
    features: Features
    pairs: Pairs
    labelled_pairs: LabelledPairs

    @property
    def file(self) -> str:
        """The file's name; a file is left out of training both with and without its texts."""
        return self.name.removesuffix(_TITLES)


def train(  # noqa: PLR0917  # options, all by name
    gold: Annotated[
        list[str],
        typer.Argument(
            metavar="GOLD.jsonl...",
            help="Files of labelled articles, one JSON object per line; the key `story` is the "
            "label.",
        ),
    ],
    output: Annotated[
        str,
        typer.Option("-o", "--output", help="Output file for the weights; - for standard output."),
    ],
    titles: Annotated[
        bool, typer.Option(help="Use each file twice: with texts, and with titles only.")
    ] = True,
    profile: ProfileOption = "",
    calibrate: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="GOLD.jsonl",
            help="One of the files, with ordinary days of feeds (repeatable). The probabilities "
            "that users see are fitted to these files. Default: the probabilities equal the pair scores.",
        ),
    ] = None,
    evaluate: Annotated[
        bool, typer.Option(help="Print the quality on each file, which takes longer.")
    ] = True,
) -> None:
    """Train the weights of the pair score on labelled files.

    With two or more files, the command also prints the quality on each file, measured with weights
    that are trained on the other files. It prints to standard error if the weights go to standard
    output.

    With --calibrate, the command scores each of these files with weights that are trained on the
    other files, and fits the probabilities to all these scores.

    Deterministic: the same files give the same weights.
    """
    jsonl.require_writable(output)
    names = [Path(path).name for path in gold]
    if jsonl.STDIO in gold or len(set(names)) < len(names):
        raise typer.BadParameter(
            "expected files with different names; - (standard input) is not allowed"
        )
    to_calibrate = [path.name for path in calibrate or []]
    if unknown := sorted({*to_calibrate} - {*names}):
        raise typer.BadParameter(f"--calibrate {unknown[0]}: expected one of the files to train on")
    settings = settings_module.load(profile=profile)
    sets = [load_labelled_set(path, settings) for path in gold]
    if titles:
        sets += [load_labelled_set(path, settings, titles=True) for path in gold]
    if evaluate and len(gold) > 1:
        head = f"{'left out':{_NAME_WIDTH}}{'articles':>9}{'recall':>8}{'each':>8}"
        report = jsonl.report_stream(output)
        print(f"{head}{'B3 F1':>8}{'ECE':>7}", file=report)
        for left_out in sets:
            others = [each for each in sets if each.file != left_out.file]
            print(evaluate_left_out(left_out, others, settings), file=report, flush=True)
    about = {
        "encoder": sets[0].vectors.model,
        "random": "nothing",
        "sets": {each.name: each.digest for each in sets},
    }
    model = train_model(sets, settings, about=about)
    if to_calibrate:
        days = [each for each in sets if each.name in to_calibrate]
        model = replace(model, calibration=calibrate_on(days, sets, settings))
    jsonl.write_file(output, model.dump().encode())


def load_labelled_set(path: str, settings: Settings, *, titles: bool = False) -> LabelledSet:
    """Read a labelled file and compute the features of its candidate pairs.

    Raises:
        BadInputError: the file cannot be read or has no candidate pairs.
    """
    lines = jsonl.read_lines(path)
    labels = list(jsonl.read_labels(path, lines).values())
    articles = remove_boilerplate(jsonl.parse_articles(path, lines))
    if titles:
        articles = [replace(article, text="") for article in articles]
    vectors = encode(articles, settings)
    tokenised = TokenisedArticles.build(articles, vectors)
    features = Features.build(tokenised, tokenised.build_vocabulary())
    pairs = candidate_pairs(features, settings.candidates)
    if not len(pairs):
        raise BadInputError(
            f"{path}: no pairs of articles to train on; add articles with shared words"
        )
    codes = encode_labels(labels)
    return LabelledSet(
        name=Path(path).name + (_TITLES if titles else ""),
        digest=hashlib.sha256(Path(path).read_bytes()).hexdigest(),
        articles=articles,
        labels=labels,
        vectors=vectors,
        features=features,
        pairs=pairs,
        labelled_pairs=LabelledPairs(
            pair_features(features, pairs, untrained_model(settings.training)),
            codes[pairs[:, 0]] == codes[pairs[:, 1]],
        ),
    )


def train_model(
    sets: Sequence[LabelledSet], settings: Settings, *, about: dict[str, Any]
) -> PairModel:
    """Train weights on sets, and on simulated translations if `cross_language_drop` is set."""
    pairs = [each.labelled_pairs for each in sets]
    if translation := settings.training.cross_language_drop:
        pairs += [simulate_translation(each, translation) for each in pairs]
    return fit(pairs, untrained_model(settings.training), about=about)


def calibrate_on(
    days: Sequence[LabelledSet], sets: Sequence[LabelledSet], settings: Settings
) -> Calibration:
    """Fit a calibration to the scores of some sets, each under weights trained without it."""
    scored = []
    for day in days:
        others = [each for each in sets if each.file != day.file]
        scores = score_set(day, train_model(others, settings, about={}))
        scored.append((scores, day.labelled_pairs.same))
    return fit_calibration(scored)


def score_set(labelled: LabelledSet, model: PairModel) -> Floats:
    """The scores of all candidates of a set, with its prior shift."""
    return model.score_with_prior_shift(labelled.features, labelled.pairs)[1]


def evaluate_left_out(
    left_out: LabelledSet, others: Sequence[LabelledSet], settings: Settings
) -> str:
    """Format the quality of one set under weights trained on the others, as a table row.

    The calibration error is that of the pair scores.
    """
    model = train_model(others, settings, about={})
    scores = score_set(left_out, model)
    error = calibration_error(scores, left_out.labelled_pairs.same)
    grouping = group_window(
        left_out.articles,
        left_out.vectors,
        model=model,
        merge_model=load_merge_model(settings.merges),
        settings=settings.stories,
    )
    stories = grouping.labels()
    f1 = bcubed(left_out.labels, [stories[article.id] for article in left_out.articles]).f1
    return (
        f"{left_out.name:{_NAME_WIDTH}}{len(left_out.articles):>9}"
        f"{recall(left_out.pairs, left_out.labels):>8.3f}"
        f"{len(left_out.pairs) * 2 / len(left_out.articles):>8.1f}{f1:>8.3f}{error:>7.3f}"
    )
