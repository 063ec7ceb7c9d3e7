"""The domain of genga: from storyboard to book. Knows no Dagster; works from a plain Python prompt."""
