"""Candidate quality: recall, number of comparisons and calibration of a window's scored pairs."""

from collections.abc import Mapping
from dataclasses import dataclass

from service.commands.research.jsonl import Label
from service.domain.articles.model import ArticleId
from service.domain.evaluation.grouping_metrics import encode_labels
from service.domain.grouping.window import Grouping
from service.domain.pairs.candidates import recall
from service.domain.pairs.scoring.calibration import Calibration
from service.domain.pairs.scoring.training import calibration_error


@dataclass(frozen=True, slots=True)
class CandidateQuality:
    """Metrics of the scored pairs.

    recall: share of same-story pairs, by label, that were scored, 0 to 1. per_article: mean number
    of other articles that each article is compared with. calibration_error: expected calibration
    error of the probabilities over ten equal bins, 0 to 1.
    """

    recall: float
    per_article: float
    calibration_error: float


def candidate_quality(
    window: Grouping, labels: Mapping[ArticleId, Label], calibration: Calibration
) -> CandidateQuality:
    """Measure the scored pairs of a window; every article needs a label."""
    stories = [labels[key] for key in window.ids]
    codes, pairs = encode_labels(stories), window.pairs
    same = codes[pairs[:, 0]] == codes[pairs[:, 1]]
    return CandidateQuality(
        recall=recall(pairs, stories),
        per_article=2 * len(pairs) / max(len(stories), 1),
        calibration_error=calibration_error(calibration.probability(window.scores), same),
    )
