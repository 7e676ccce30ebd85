"""Sites of publishers: the part of a URL that belongs to one publisher.

Usually it is the host. Hosting services give each publisher a path or a parameter.
"""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

#: Hosts that only serve the feeds of others, and the number of path segments that name a feed.
_FEED_SERVICES = {
    "feeds.feedburner.com": 1,
    "feeds2.feedburner.com": 1,
    "feedproxy.google.com": 1,
    "feeds.feedblitz.com": 1,
    "rss.feedspot.com": 1,
    "fetchrss.com": 1,
    "rss.app": 1,
    "feed43.com": 1,
    "politepol.com": 1,
    "politepaul.com": 1,
    "openrss.org": 1,
    "rsshub.app": 2,
    "kill-the-newsletter.com": 1,
    "follow.it": 1,
    "feeds.megaphone.fm": 1,
    "feeds.simplecast.com": 1,
    "feeds.acast.com": 3,
    "feeds.buzzsprout.com": 1,
    "feeds.libsyn.com": 1,
    "feeds.transistor.fm": 1,
    "feeds.captivate.fm": 1,
    "feeds.soundcloud.com": 2,
    "rss.art19.com": 1,
}
#: Hosts with a publisher per path, and the number of path segments that name it.
_PATH_HOSTS = _FEED_SERVICES | {
    "medium.com": 1,
    "anchor.fm": 2,
    "omny.fm": 2,
    "dev.to": 1,
    "github.com": 1,
    "gitlab.com": 1,
    "sites.google.com": 2,
    "youtube.com": 1,
    "vimeo.com": 1,
    "dailymotion.com": 1,
    "facebook.com": 1,
    "twitter.com": 1,
    "x.com": 1,
    "instagram.com": 1,
    "t.me": 1,
    "vk.com": 1,
    "reddit.com": 2,
    "patreon.com": 1,
    "note.com": 1,
    "qiita.com": 1,
    "zenn.dev": 1,
    "telegra.ph": 1,
    "blog.naver.com": 1,
    "rss.blog.naver.com": 1,
    "community.livejournal.com": 1,
    "users.livejournal.com": 1,
    "blogs.mediapart.fr": 2,
    "steemit.com": 1,
    "write.as": 1,
}
#: Domains with a publisher per subdomain: publishers below them are not one family.
_HOSTING_DOMAINS = frozenset(
    {
        *("blogspot.com", "wordpress.com", "medium.com", "substack.com", "tumblr.com", "github.io"),
        *("gitlab.io", "livejournal.com", "typepad.com", "ghost.io", "wixsite.com", "weebly.com"),
        *("over-blog.com", "canalblog.com", "beehiiv.com", "hatenablog.com", "hatenablog.jp"),
        *("exblog.jp", "tistory.com", "podbean.com", "libsyn.com", "squarespace.com", "webflow.io"),
        *(
            "netlify.app",
            "vercel.app",
            "pages.dev",
            "herokuapp.com",
            "neocities.org",
            "bearblog.dev",
        ),
        *("micro.blog", "hashnode.dev", "blogger.com", "blog.hu", "blogs.com", "jimdofree.com"),
        *("site123.me", "strikingly.com"),
    }
)
#: Segments of feed paths that name no publisher: `medium.com/feed/@ann`.
_FEED_SEGMENTS = frozenset(
    {"feed", "feeds", "rss", "atom", "xml", "c", "channel", "user", "~r", "i"}
)
#: Parameters that name the publisher or the query of a feed.
_FEED_PARAMETERS = ("channel_id", "playlist_id", "user", "q", "id", "feed")
#: Hosts whose feeds are search results or collections of many publishers.
_AGGREGATORS = re.compile(
    r"news\.google\.[a-z.]+|(?:www\.)?google\.[a-z.]+|(?:www\.)?bing\.com|(?:[a-z]+\.)?news\.yahoo\.com"
    r"|(?:www\.)?msn\.com|news\.ycombinator\.com|(?:www\.)?newsisfree\.com|(?:www\.)?topix\.com"
)
#: Second-level labels of countries that register names below them: `co.uk`, `com.br`.
_SECOND_LEVEL = frozenset(
    [
        "ac",
        "asso",
        "co",
        "com",
        "ed",
        "edu",
        "ne",
        "net",
        "nom",
        "gob",
        "gouv",
        "gov",
        "go",
        "govt",
        "gv",
        "id",
        "ltd",
        "mil",
        "muni",
        "or",
        "org",
        "plc",
        "sch",
        "web",
    ]
)
_COUNTRY_LENGTH = 2
#: Maximum characters of a name that comes from a path or a parameter, for example a query.
_MAX_NAME = 60


@dataclass(frozen=True, slots=True)
class Site:
    """The site of a publisher."""

    prefix: str  #: host, or host/path of a hosting service
    family: str  #: the registered domain, or the site of a hosting service

    @property
    def slug(self) -> str:
        """A name for URLs and files: the prefix with hyphens for slashes."""
        return self.prefix.replace("/", "-")


def find_site(url: str) -> Site:
    """Return the site that a URL of a page or a feed belongs to."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "unknown").removeprefix("www.").removesuffix(".")
    except ValueError:
        return Site("unknown", "unknown")
    depth = _PATH_HOSTS.get(host.removeprefix("m.").removeprefix("old."))
    if depth is None and not is_aggregator(url):
        return Site(host, registered_domain(host))
    names = [name for name in parts.path.lower().split("/") if name]
    named = [name[:_MAX_NAME] for name in names if name not in _FEED_SEGMENTS][: depth or 0]
    parameters = dict(parse_qsl(parts.query))
    chosen = next((parameters[name] for name in _FEED_PARAMETERS if name in parameters), "")
    if chosen and (depth is None or "." in "".join(named)):  # the path is a script
        named = [re.sub(r"[^\w.-]+", "-", chosen.lower())[:_MAX_NAME]]
    prefix = "/".join([host, *named])
    return Site(prefix, prefix)


def is_aggregator(url: str) -> bool:
    """Whether a URL is on a host that lists articles of many publishers."""
    try:
        return bool(_AGGREGATORS.fullmatch((urlsplit(url).hostname or "").lower()))
    except ValueError:
        return False


def is_hosting_service(host: str) -> bool:
    """Whether a host gives each publisher a path or a parameter."""
    return host in _PATH_HOSTS


def names_publisher(url: str) -> bool:
    """Whether the site of a URL belongs to one publisher; False for a hosting service itself."""
    return bool(url) and not is_hosting_service(find_site(url).prefix)


def serves_others(url: str) -> bool:
    """Whether a URL is on a host that only lists or forwards articles of other publishers."""
    return find_site(url).prefix.partition("/")[0] in _FEED_SERVICES or is_aggregator(url)


def registered_domain(host: str) -> str:
    """Return the registered domain of a host, derived from the usual second-level labels."""
    labels = host.lower().removesuffix(".").split(".")
    country = len(labels[-1]) == _COUNTRY_LENGTH
    length = 3 if country and len(labels) > _COUNTRY_LENGTH and labels[-2] in _SECOND_LEVEL else 2
    domain = ".".join(labels[-length:])
    hosted = domain in _HOSTING_DOMAINS or labels[-1].isdigit()
    return host if hosted else domain
