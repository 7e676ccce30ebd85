"""Command `train-merges`: train the merge model on labelled windows."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import numpy as np
import typer

from service.commands.research import jsonl
from service.commands.research.grouper import ProfileOption, encode
from service.commands.research.jsonl import Label
from service.commands.running.models import load_pair_model
from service.domain.articles.boilerplate import remove_boilerplate
from service.domain.articles.model import Article, ArticleId, Vectors
from service.domain.evaluation.grouping_metrics import bcubed, encode_labels
from service.domain.grouping.cluster import build_components, split_components
from service.domain.grouping.window import build_units, group_window, score_window
from service.domain.merges.decision import UNSTABLE
from service.domain.merges.model import MergeModel
from service.domain.merges.training import LabelledMerges, fit, label_merges
from service.domain.pairs.scoring.score import PairModel
from service.errors import BadInputError
from service.settings import load as settings_module
from service.settings.convert import convert
from service.settings.load import Settings, profile_name
from service.settings.sources import read_toml

_NAME_WIDTH = 44


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """A window of one or more labelled files; see `config/merge_sets.toml`."""

    files: tuple[str, ...]
    weight: float
    undated: float = 0.0
    titles: float = 0.0
    profiles: tuple[str, ...] = ()  #: empty for all


@dataclass(frozen=True, slots=True)
class LabelledWindow:
    """The articles of a training set with their labels and vectors."""

    spec: TrainingSet
    articles: list[Article]
    labels: list[Label]
    vectors: Vectors
    digests: dict[str, str]  #: SHA-256 of each file in hex

    @property
    def name(self) -> str:
        return " + ".join(self.spec.files)


def train_merges(
    sets: Annotated[
        Path,
        typer.Argument(
            metavar="SETS.toml",
            help="List of the labelled sets and their weights; see config/merge_sets.toml.",
        ),
    ],
    data: Annotated[list[Path], typer.Option(help="Folder with the labelled files (repeatable).")],
    output: Annotated[
        str,
        typer.Option("-o", "--output", help="Output file for the weights; - for standard output."),
    ],
    profile: ProfileOption = "",
) -> None:
    """Train the weights of the merge model on labelled sets, and print the quality on each set.

    The quality on a set is measured with weights that are trained on the other sets. Sets that have
    a file in common with the measured set are left out, too. The pair score stays as configured.
    The table goes to standard error if the weights go to standard output.

    Deterministic: the same files give the same weights.
    """
    jsonl.require_writable(output)
    settings = settings_module.load(profile=profile)
    model = load_pair_model(settings.pairs)
    name = profile_name(profile)
    specs = [spec for spec in read_sets(sets) if not spec.profiles or name in spec.profiles]
    if not specs:
        raise BadInputError(f"{sets}: no labelled sets for the profile {name!r}")
    windows = [load_window(spec, data, settings) for spec in specs]
    merges = [weigh_merges(window, model, settings) for window in windows]
    report = jsonl.report_stream(output)
    print(f"{'left out':{_NAME_WIDTH}}{'articles':>9}{'B3 F1':>8}{'P':>8}{'R':>8}", file=report)
    for left_out in windows:
        others = [
            part
            for window, parts in zip(windows, merges, strict=True)
            if not {*window.spec.files} & {*left_out.spec.files}
            for part in parts
        ]
        if others:
            merge_model = fit(others, about={})
            row = evaluate_left_out(left_out, model, merge_model, settings)
            print(row, file=report, flush=True)
    about: dict[str, Any] = {
        "encoder": windows[0].vectors.model,
        "random": "nothing",
        "sets": {name: digest for each in windows for name, digest in each.digests.items()},
    }
    trained = fit([part for parts in merges for part in parts], about=about)
    jsonl.write_file(output, trained.dump().encode())


def read_sets(path: Path) -> list[TrainingSet]:
    """Read the sets of a TOML file.

    Raises:
        SettingsError: the file is missing or is not TOML.
        BadInputError: the file has no sets, or a set has missing, unknown or invalid values.
    """
    tables: Any = read_toml(path).get("sets")
    if not isinstance(tables, list) or not tables:
        raise BadInputError(f"{path}: no labelled sets; add tables [[sets]] with files and weight")
    return [_read_set(f"{path}, set {number}", table) for number, table in enumerate(tables, 1)]


def load_window(spec: TrainingSet, folders: Sequence[Path], settings: Settings) -> LabelledWindow:
    """Read and encode the articles of a set; an article in several files is used once.

    Raises:
        BadInputError: a file is in none of the folders, or cannot be read.
    """
    articles: dict[ArticleId, Article] = {}
    labels: dict[ArticleId, Label] = {}
    digests = {}
    for name in spec.files:
        path = find_file(name, folders)
        lines = jsonl.read_lines(path)
        read = remove_boilerplate(jsonl.parse_articles(path, lines))
        articles = {each.id: each for each in read} | articles
        labels = {**jsonl.read_labels(path, lines), **labels}
        digests[name] = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    chosen = list(articles.values())
    return LabelledWindow(
        spec, chosen, [labels[each.id] for each in chosen], encode(chosen, settings), digests
    )


def find_file(name: str, folders: Sequence[Path]) -> str:
    """Path of a file in the first folder that has it; raises BadInputError without one."""
    for folder in folders:
        if (folder / name).is_file():
            return str(folder / name)
    searched = ", ".join(map(str, folders))
    raise BadInputError(f"{name}: not found in {searched}; add its folder with --data")


def weigh_merges(
    window: LabelledWindow, model: PairModel, settings: Settings
) -> list[tuple[LabelledMerges, float]]:
    """The labelled merges of a set and of its variants, with their weights."""
    spec, merges = window.spec, []
    if spec.weight:
        merges.append((_label_window(window, model, settings), spec.weight))
    if spec.undated:
        undated = [replace(article, published=None) for article in window.articles]
        merges.append(
            (_label_window(replace(window, articles=undated), model, settings), spec.undated)
        )
    if spec.titles:
        titles = [replace(article, text="") for article in window.articles]
        variant = replace(window, articles=titles, vectors=encode(titles, settings))
        merges.append((_label_window(variant, model, settings), spec.titles))
    return merges


def evaluate_left_out(
    window: LabelledWindow, model: PairModel, merge_model: MergeModel, settings: Settings
) -> str:
    """Format the quality of one set under weights trained on the others, as a table row."""
    grouping = group_window(
        window.articles,
        window.vectors,
        model=model,
        merge_model=merge_model,
        settings=settings.stories,
    )
    stories = grouping.labels()
    quality = bcubed(window.labels, [stories[article.id] for article in window.articles])
    return (
        f"{window.name:{_NAME_WIDTH}}{len(window.articles):>9}{quality.f1:>8.3f}"
        f"{quality.precision:>8.3f}{quality.recall:>8.3f}"
    )


def _label_window(window: LabelledWindow, model: PairModel, settings: Settings) -> LabelledMerges:
    """The labelled merges of one window, which is grouped without stable stories."""
    scored = score_window(window.articles, window.vectors, model=model, settings=settings.stories)
    codes = dict(
        zip((each.id for each in window.articles), encode_labels(window.labels), strict=True)
    )
    units = build_units(scored.articles)
    links = units.unit_of_rows(len(scored.articles))[scored.pairs]
    unstable = np.full(len(units.members), UNSTABLE)
    components = []
    for part in split_components(links, scored.scores, unstable, settings.grouping):
        if len(part) > 1:
            members = [units.members[unit] for unit in part]
            component = build_components(
                [members], units.cannot_link, scored.features, model, settings.grouping
            )
            components.append((component, members))
    rows = np.array([codes[article.id] for article in scored.articles], dtype=np.int64)
    return label_merges(components, rows)


def _read_set(place: str, table: Any) -> TrainingSet:
    hints = get_type_hints(TrainingSet)
    if not isinstance(table, dict) or not {"files", "weight"} <= table.keys() <= hints.keys():
        raise BadInputError(
            f"{place}: expected files and weight, and optionally undated, titles, profiles"
        )
    values = {}
    for name, value in table.items():
        try:
            values[name] = convert(value, hints[name])
        except ValueError as error:
            raise BadInputError(f"{place}: {name}: {error}") from error
    spec = TrainingSet(**values)
    weights = (spec.weight, spec.undated, spec.titles)
    if not spec.files or not all(0 <= each < math.inf for each in weights):
        raise BadInputError(f"{place}: expected at least one file, and weights of 0 or more")
    return spec
