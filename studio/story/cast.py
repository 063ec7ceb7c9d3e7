"""Character: who appears. Tags go into prompts, the name is a seed namespace, LoRAs fix the look."""

from typing import Annotated

from pydantic import Field

from studio.story.drawn import LoraUse
from studio.story.fields import Id, Text, Words
from studio.story.reading import Written
from studio.story.shots import Voice


class Character(Written):
    """One file in cast/."""

    SCHEMA = "character"

    name: Id
    """How storyboards call the character; also the seed namespace."""
    title: Text | dict[str, Text] = ""
    """The name as readers see it, one text or one per language."""
    tags: Words
    """Prompt words that describe the look."""
    negative: Text = ""
    loras: tuple[LoraUse, ...] = ()
    references: tuple[str, ...] = ()
    """Reference pictures, relative to the show."""
    seed_offset: Annotated[int, Field(ge=0, le=2**31)] = 0
    voice: Voice = Voice()
    """How the character sounds in films, where no recording is given."""
