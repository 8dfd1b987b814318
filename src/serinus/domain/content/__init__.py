"""Rules of the content context: posts, slugs, tags and categories."""
