"""Importing: a script, a table or a cut becomes an episode's shots, and later versions of it keep what was added by hand."""
