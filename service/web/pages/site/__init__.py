"""The glossary page, and files for programs: robots.txt, sitemap, icon, pictures for previews."""
