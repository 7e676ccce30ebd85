"""Files that programs request: robots.txt, sitemap, icon, pictures for link previews."""
