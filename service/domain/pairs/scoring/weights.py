"""Reading of learned weights: JSON with exactly one finite number per feature."""

import json
import math
from collections.abc import Callable, Collection
from typing import Any, TypeVar

from service.errors import BadInputError

Model = TypeVar("Model")


def parse_weights(
    text: str,
    name: str,
    create: Callable[..., Model],
    *,
    tables: Collection[str],
    features: Collection[str],
) -> Model:
    """Create a model from the values of a JSON object.

    `name` of the model is for errors; `tables` are the values with a number for each feature.

    Raises:
        BadInputError: the text is not JSON, or its values are not those of the model.
    """
    try:
        values: Any = json.loads(text)
        model = create(**values)
        valid = math.isfinite(values["bias"]) and all(
            set(values[table]) == {*features} and all(map(math.isfinite, values[table].values()))
            for table in tables
        )
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadInputError(f"Cannot read the {name}: {error}") from error
    if not valid:
        raise BadInputError(
            f"Invalid {name}: its features must be exactly {', '.join(features)},"
            " each with a finite number"
        )
    return model
