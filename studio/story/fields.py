"""Field types that everything written shares: ids, texts, places in fractions."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from studio.record import nfc

ID = r"^[a-z0-9][a-z0-9_-]{0,63}$"
Id = Annotated[str, StringConstraints(pattern=ID)]
"""A stable name: lower-case letters, digits, '-' and '_'. Seeds follow from it, so it never changes."""

Text = Annotated[str, AfterValidator(nfc)]
Words = Annotated[Text, StringConstraints(min_length=1, strip_whitespace=True)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(ge=0, le=3600)]
Point = tuple[Fraction, Fraction]
Box = tuple[Fraction, Fraction, Annotated[float, Field(gt=0, le=1)], Annotated[float, Field(gt=0, le=1)]]
"""x, y, width, height as fractions; origin top left."""

Value = bool | int | float | str


def in_language(text: Text | dict[str, Text], language: str) -> str | None:
    """The text in `language`, or None where the author wrote none."""
    return text if isinstance(text, str) else text.get(language)
