"""How common true pairs are among a window's candidates, learned from the window itself.

A pair model is calibrated for windows like those it was trained on. Elsewhere nearly every
candidate may be false (a slow day of outlets that share no news) or true (a file about a few
events), and the same evidence means less, or more.
"""

import numpy as np

from service.domain.articles.model import Floats
from service.domain.pairs.candidates import Pairs

#: How many articles the share of the training sets counts for beside a window's own.
WORTH = 50
#: A share that seems to be higher than in training is believed as far as scores are decided: not
#: at all where they explain this part of the variance of what is true, in full where they explain
#: that. Where one saga fills a window its neighbouring events score in the middle, and the share
#: that would explain so many middling scores is not to be had. It is also believed as far as
#: articles have no dates, whose scores are the lower for it.
_MUDDLED, _DECIDED = 0.45, 0.75
#: A share that seems to be lower is not believed where half of the articles stand alone, and in
#: full where so many do: with likely partners all around, it is true pairs that are hard to tell.
_ACCOMPANIED, _LONELY = 0.5, 0.7
_STEPS = 100
_LEAST, _MOST = 1e-4, 0.9


def shift(scores: Floats, pairs: Pairs, prior: float, hours: Floats) -> float:
    """What to add to the log odds of all candidates of a window, whose articles' hours these are.

    Expectation maximisation over their scores (Saerens, Latinne & Decaestecker 2002, "Adjusting
    the outputs of a classifier to new a priori probabilities"), drawn to 0 in small windows.
    `prior` is the share of true pairs that the scores were calibrated for. Hours are NaN where
    they are not known.
    """
    if not len(scores):
        return 0.0
    evidence = log_odds(scores) - log_odds(prior)
    share = prior
    for _ in range(_STEPS):
        found = 1 / (1 + np.exp(-(evidence + log_odds(share))))
        share = min(max(float(found.mean()), _LEAST), _MOST)
    whole = float(log_odds(share) - log_odds(prior))
    if whole > 0:
        undated = float(np.isnan(hours).mean())
        whole *= undated + (1 - undated) * _between(_decided(found), _MUDDLED, _DECIDED)
    else:
        whole *= _between(_lonely(scores, pairs, len(hours)), _ACCOMPANIED, _LONELY)
    return round(whole * len(hours) / (len(hours) + WORTH), 6)


def _decided(found: Floats) -> float:
    """The part of the variance of being true that these probabilities explain."""
    share = float(found.mean())
    return float(found.var()) / (share * (1 - share))


def _between(value: float, none: float, full: float) -> float:
    return float(np.clip((value - none) / (full - none), 0, 1))


def _lonely(scores: Floats, pairs: Pairs, count: int) -> float:
    """The share of articles without any likely partner."""
    best = np.zeros(count)
    for column in pairs.T:
        np.maximum.at(best, column, scores)
    return float((best < 0.5).mean())  # noqa: PLR2004  # likelier false than true


def log_odds(probability: Floats | float) -> Floats:
    """Natural log odds, within ±14."""
    safe = np.clip(probability, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(safe / (1 - safe)))
