"""Picture of a story for link previews: headline, coverage and timeline, as PNG.

Most programs that show previews do not draw SVG.
"""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from PIL import Image, ImageDraw, ImageFont
from PIL.ImageFont import FreeTypeFont

#: Size in pixels; the ratio that previews expect.
WIDTH, HEIGHT = 1200, 630
MARGIN = 80
PAPER, INK, QUIET, RULE, ACCENT = "#faf9f6", "#1c2327", "#566169", "#dedbd3", "#0b5f7d"
MAX_LINES, HEADLINE_SIZE, LINE_HEIGHT = 3, 58, 74
#: Vertical positions: top of the headline, top of the figures, middle of the timeline.
HEADLINE_Y, FIGURES_Y, TIMELINE_Y = 150, 455, 560
RADIUS = 11
#: Characters that the font lacks, but that have a plain form.
PLAIN = str.maketrans({"–": "-", "—": "-", "‘": "’", "\u00a0": " ", "‑": "-"})
#: A code point that no font has: it is drawn like every missing character.
_MISSING = "\uffff"


@dataclass(frozen=True, slots=True)
class PictureMark:
    """A report on the timeline: position from 0 to 1, and whether it is a copy."""

    position: float
    copy: bool


@dataclass(frozen=True, slots=True)
class StoryPicture:
    """Content of the picture of a story."""

    site: str
    headline: str
    independent: int
    coverage: int
    period: str
    marks: tuple[PictureMark, ...]


def draw_story(content: StoryPicture) -> bytes:
    """Draw the picture; a PNG of `WIDTH` times `HEIGHT` pixels.

    The headline is omitted if the font lacks one of its characters: the program that shows the
    picture also shows the title.
    """
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    draw = ImageDraw.Draw(image)
    _draw_brand(draw, content.site)
    for number, line in enumerate(_wrap(content.headline.translate(PLAIN))):
        position = (MARGIN, HEADLINE_Y + LINE_HEIGHT * number)
        draw.text(position, line, INK, _font(HEADLINE_SIZE))
    number_width = _font(110).getlength(str(content.independent))
    draw.text((MARGIN, FIGURES_Y), str(content.independent), ACCENT, _font(110), anchor="lm")
    outlets = "outlet" if content.coverage == 1 else "outlets"
    facts = f"independent of {content.coverage} {outlets}\n{content.period}"
    draw.multiline_text(
        (MARGIN + number_width + 30, FIGURES_Y), facts, QUIET, _font(32), anchor="lm", spacing=10
    )
    _draw_timeline(draw, content.marks)
    output = io.BytesIO()
    image.quantize(colors=64).save(output, "PNG", optimize=True)
    return output.getvalue()


@cache
def _font(size: int) -> FreeTypeFont:
    font = ImageFont.load_default(size)
    if not isinstance(font, FreeTypeFont):
        raise TypeError("Pillow was built without FreeType: install a wheel of Pillow")
    return font


def _draw_brand(draw: ImageDraw.ImageDraw, site: str) -> None:
    """Draw the icon and the name of the site."""
    for x, y in ((14, 12), (38, 12), (26, 33)):
        draw.circle((MARGIN + x, 70 + y), 13, ACCENT)
    draw.text((MARGIN + 70, 92), _without_missing(site), INK, _font(36), anchor="lm")


def _draw_timeline(draw: ImageDraw.ImageDraw, marks: Iterable[PictureMark]) -> None:
    width = WIDTH - 2 * MARGIN
    draw.line((MARGIN, TIMELINE_Y, WIDTH - MARGIN, TIMELINE_Y), RULE, 4)
    for mark in marks:
        x = MARGIN + width * mark.position
        fill, outline = (PAPER, ACCENT) if mark.copy else (ACCENT, PAPER)
        draw.circle((x, TIMELINE_Y), RADIUS, fill, outline, 3)


def _wrap(text: str) -> Iterator[str]:
    """Yield up to `MAX_LINES` lines, the last one shortened; none with an unknown character."""
    if not text or _without_missing(text) != text:
        return
    font, width, line, lines = _font(HEADLINE_SIZE), WIDTH - 2 * MARGIN, "", 0
    for word in text.split():
        candidate = f"{line} {word}".strip()
        if line and font.getlength(candidate) > width:
            lines += 1
            if lines == MAX_LINES:
                fits = font.getlength(f"{line}…") <= width
                yield f"{line if fits else line.rpartition(' ')[0]}…"
                return
            yield line
            candidate = word
        line = candidate
    yield line


def _without_missing(text: str) -> str:
    return "".join(each for each in text if _has(each))


@cache
def _has(character: str) -> bool:
    font = _font(HEADLINE_SIZE)
    return character == " " or bytes(font.getmask(character)) != bytes(font.getmask(_MISSING))
