"""From pictures to a book: lettering, pages, and the files that readers open."""
