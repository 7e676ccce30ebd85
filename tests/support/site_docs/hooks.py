"""Hooks of MkDocs: pages outside of `docs/`, generated pages, and links that a forge resolves."""

import re
from pathlib import Path, PurePosixPath
from posixpath import normpath
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from tests.support.site_docs import reference
from tests.support.typescript import openapi_document

ROOT = Path(__file__).parents[3]
#: Pages of the site from files outside of `docs/`.
INCLUDED = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security-policy.md",
}
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)#\s]*)(#[^)\s]*)?\)")
_FENCE = re.compile(r"(^```.*?^```)", re.DOTALL | re.MULTILINE)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the included and the generated pages."""
    for source, target in INCLUDED.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, target, content=text))
    for path, text in reference.pages(openapi_document()).items():
        files.append(File.generated(config, path, content=text))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, **_: Any) -> str:
    """Point relative links of a file in the repository to the pages of the site."""
    sources = {target: source for source, target in INCLUDED.items()}
    path = page.file.src_uri
    if path.startswith("reference/"):
        return markdown
    source = PurePosixPath(sources.get(path, f"docs/{path}"))
    parts = _FENCE.split(markdown)
    parts[::2] = [
        _LINK.sub(lambda link: _convert(link, source, page, config), part) for part in parts[::2]
    ]
    return "".join(parts)


def _convert(link: re.Match[str], source: PurePosixPath, page: Page, config: MkDocsConfig) -> str:
    picture, text, target, anchor = link[1], link[2], link[3], link[4] or ""
    if not target or "://" in target:
        return link[0]
    path = normpath(str(source.parent / target))
    if path == "docs/decisions":
        path = "docs/decisions/README.md"
    on_site = INCLUDED.get(path) or (path.removeprefix("docs/") if path.startswith("docs/") else "")
    if on_site:
        depth = page.file.src_uri.count("/")
        return f"{picture}[{text}]({'../' * depth}{on_site}{anchor})"
    if config.repo_url:
        return f"[{text}]({config.repo_url.rstrip('/')}/blob/main/{path}{anchor})"
    return text  # a file of the repository; the address of the forge is unknown
