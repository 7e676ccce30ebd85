"""What a window compared: how many of the labelled pairs, at what cost, and how its scores read."""

from collections.abc import Mapping
from dataclasses import dataclass

from service.commands.research.jsonl import Label
from service.domain.articles.model import ArticleId
from service.domain.evaluation.grouping_metrics import encode_labels
from service.domain.grouping.window import Grouping
from service.domain.pairs.candidates import recall
from service.domain.pairs.training import calibration_error


@dataclass(frozen=True, slots=True)
class CandidateFigures:
    """Of the pairs that were scored.

    recall: share of the pairs of one labelled story that are among them, 0 to 1. per_article: how
    many others each article is compared with, on average. calibration_error: mean gap between
    score and share of true pairs in ten equal bins (ECE), 0 to 1.
    """

    recall: float
    per_article: float
    calibration_error: float


def candidate_figures(window: Grouping, labels: Mapping[ArticleId, Label]) -> CandidateFigures:
    """The figures of a window of which every article has a label."""
    stories = [labels[key] for key in window.ids]
    names, pairs = encode_labels(stories), window.pairs
    same = names[pairs[:, 0]] == names[pairs[:, 1]]
    return CandidateFigures(
        recall=recall(pairs, stories),
        per_article=2 * len(pairs) / max(len(stories), 1),
        calibration_error=calibration_error(window.scores, same),
    )
