"""Window prior and prior shift: adapt the pair score to the share of true pairs in a window.

The pair model is calibrated for windows like its training sets. In other windows nearly all
candidates may be false (a slow day of outlets without shared news) or true (a file about a few
events). The same evidence then has another posterior.
"""

import numpy as np

from service.domain.articles.model import Floats
from service.domain.pairs.nearest import Pairs

#: Weight of the training prior, in articles.
PRIOR_ARTICLES = 50
#: A prior above the training prior gets a weight that grows from 0 to 1 with the explained variance
#: of the scores over this range. In a window about one saga, many pairs of related events get
#: medium scores, which no prior explains. Undated articles increase the weight, because only the
#: missing dates lower their scores.
_EXPLAINED_VARIANCE_RANGE = 0.45, 0.75
#: A prior below the training prior gets a weight that grows from 0 to 1 with the share of articles
#: without a likely partner over this range. If most articles have a likely partner, true pairs are
#: not rare but hard to recognise.
_ISOLATED_SHARE_RANGE = 0.5, 0.7
_ITERATIONS = 100
_MIN_PRIOR, _MAX_PRIOR = 1e-4, 0.9


def prior_shift(scores: Floats, pairs: Pairs, prior: float, hours: Floats) -> float:
    """Amount to add to the log odds of all candidate pairs of a window.

    Estimated by expectation maximisation over the scores (Saerens, Latinne & Decaestecker 2002,
    "Adjusting the outputs of a classifier to new a priori probabilities"), shrunk towards 0 in
    small windows. `prior` is the share of true pairs that the scores are calibrated for; `hours`
    are those of the window's articles, NaN without a trusted date.
    """
    if not len(scores):
        return 0.0
    evidence = log_odds(scores) - log_odds(prior)
    share = prior
    for _ in range(_ITERATIONS):
        posterior = 1 / (1 + np.exp(-(evidence + log_odds(share))))
        share = min(max(float(posterior.mean()), _MIN_PRIOR), _MAX_PRIOR)
    shift = float(log_odds(share) - log_odds(prior))
    if shift > 0:
        undated = float(np.isnan(hours).mean())
        trust = _ramp(_explained_variance(posterior), _EXPLAINED_VARIANCE_RANGE)
        shift *= undated + (1 - undated) * trust
    else:
        shift *= _ramp(_isolated_share(scores, pairs, len(hours)), _ISOLATED_SHARE_RANGE)
    return round(shift * len(hours) / (len(hours) + PRIOR_ARTICLES), 6)


def log_odds(probability: Floats | float) -> Floats:
    """Natural log odds, clipped to ±14."""
    clipped = np.clip(probability, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(clipped / (1 - clipped)))


def _explained_variance(posterior: Floats) -> float:
    """Share of the variance of the true labels that the posterior probabilities explain."""
    share = float(posterior.mean())
    return float(posterior.var()) / (share * (1 - share))


def _ramp(value: float, bounds: tuple[float, float]) -> float:
    """Linear from 0 at the lower bound to 1 at the upper."""
    low, high = bounds
    return float(np.clip((value - low) / (high - low), 0, 1))


def _isolated_share(scores: Floats, pairs: Pairs, count: int) -> float:
    """Share of articles without a partner that is more likely true than false."""
    best = np.zeros(count)
    for column in pairs.T:
        np.maximum.at(best, column, scores)
    return float((best < 0.5).mean())  # noqa: PLR2004  # likelier false than true
