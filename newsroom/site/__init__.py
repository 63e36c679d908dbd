"""Pages that join apps, feeds, sitemaps, the root of the API, and the desk's own screens."""
