"""Invented article pages as HTML, with the navigation, links and footer of a news site."""

from collections.abc import Sequence

FERRY_DAILY = (
    "The ferry Halcyon ran aground on a sandbank off Tern Island early on Tuesday in thick fog.",
    "All 214 passengers were taken off by lifeboats from Castelmar, the coastguard of Arland said.",
    "Captain Ines Vorrel told the coastguard that the radar of the Halcyon had failed minutes before.",
    "The operator, Tern Lines, cancelled all crossings to Tern Island until the hull was inspected.",
    "Two passengers were treated for bruises in the hospital of Castelmar and released.",
)
FERRY_EVENING = (
    "Lifeboats from Castelmar rescued 214 passengers of the Halcyon on Tuesday, the coastguard said.",
    "The ferry had struck a sandbank near Tern Island in dense fog after its radar failed.",
    "Tern Lines, which operates the Halcyon, said that crossings to Tern Island were cancelled.",
    "Divers will inspect the hull, and captain Ines Vorrel will be questioned by the coastguard.",
    "In the hospital of Castelmar two people were treated for bruises.",
)
BUDGET_WIRE = (
    "The parliament of Borvia passed the budget for next year on Tuesday by 81 votes to 64.",
    "Spending on schools rises by four percent, while subsidies for diesel end in March.",
    "Finance minister Otto Lehn called the vote a relief after three weeks of negotiations.",
    "The opposition announced that it would ask the constitutional court to review the law.",
    "Analysts of the central bank expect inflation to fall below two percent by autumn.",
)


def article_page(
    paragraphs: Sequence[str], *, title: str = "Report", head: str = "", language: str = "en"
) -> bytes:
    """Render a page with navigation, the article, related links and a footer."""
    text = "".join(f"<p>{each}</p>" for each in paragraphs)
    menu = "".join(f"<li><a href='/{name}'>{name}</a></li>" for name in ("politics", "sport"))
    return (
        f"<!DOCTYPE html><html lang='{language}'><head><meta charset='utf-8'>"
        f"<title>{title}</title>{head}</head><body><nav><ul>{menu}</ul></nav>"
        f"<main><article><h1>{title}</h1>{text}</article></main>"
        "<aside><h2>Most read</h2><ul><li><a href='/a'>Ten recipes</a></li></ul></aside>"
        "<footer>Imprint. All rights reserved.</footer></body></html>"
    ).encode()
