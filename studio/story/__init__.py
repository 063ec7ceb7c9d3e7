"""What the author wrote: show, cast, storyboards with pages, panels and balloons; read and checked, never guessed."""
