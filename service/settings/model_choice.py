"""The embedding model with everything that fits it alone: its weights and its quorum.

The database records the choice in use, so that a process can load the former model until all
articles have vectors of a new one.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from service.settings.load import Settings
from service.settings.sections.embedding import EmbedSettings, WeightsSettings


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """The settings that change together with the embedding model."""

    embed: EmbedSettings
    pairs: WeightsSettings
    merges: WeightsSettings
    quorum: float  #: `grouping.quorum`

    @classmethod
    def of(cls, settings: Settings) -> "ModelChoice":
        """Return the choice of the settings."""
        return cls(settings.embed, settings.pairs, settings.merges, settings.grouping.quorum)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any], batch: int) -> "ModelChoice":
        """Read what `to_json` wrote; `batch` is not stored."""
        embed = stored["embed"] | {"batch": batch, "languages": tuple(stored["embed"]["languages"])}
        pairs, merges = WeightsSettings(stored["pairs"]), WeightsSettings(stored["merges"])
        return cls(EmbedSettings(**embed), pairs, merges, stored["quorum"])

    def to_json(self) -> dict[str, Any]:
        """Return all values that affect the grouping."""
        embed = asdict(self.embed) | {"languages": list(self.embed.languages)}
        del embed["batch"]
        return {
            "embed": embed,
            "pairs": self.pairs.model,
            "merges": self.merges.model,
            "quorum": self.quorum,
        }

    def apply(self, settings: Settings) -> Settings:
        """Return the settings with this choice."""
        return replace(
            settings,
            embed=self.embed,
            pairs=self.pairs,
            merges=self.merges,
            grouping=replace(settings.grouping, quorum=self.quorum),
        )
