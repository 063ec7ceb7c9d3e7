"""Usage: what is wrong with an option that was typed, in plain words and with an example of the command's own."""

import re
from typing import Any

WORDS = {
    "float_parsing": "is no number", "finite_number": "is no number", "int_parsing": "is no whole number",
    "int_from_float": "is no whole number", "greater_than_equal": "is less than {ge:g}",
    "less_than_equal": "is more than {le:g}", "greater_than": "is not more than {gt:g}", "less_than": "is not less than {lt:g}",
}
"""Kind of pydantic's complaint, which typer passes on -> ours."""
_EXAMPLE = re.compile(r"^ *(?:.*&& )?(genga .+?)(?: {3,}.*)?$", re.MULTILINE)


def explain(error: Any) -> None:
    """Put the message of a usage error about an option or argument into plain words, with an example that has it."""
    parameter = getattr(error, "param", None)
    if parameter is None:
        return
    told = _complaint(error.__cause__) or error.message.removeprefix("Value error, ")
    example = _example(error.ctx, parameter.opts)
    error.message = ". ".join(filter(None, [told.rstrip("."), f"For example: {example}" if example else ""]))


def _complaint(cause: Any) -> str:
    found = cause.errors()[0] if hasattr(cause, "errors") else {}
    words = WORDS.get(found.get("type", ""))
    return f"'{found['input']}' {words.format(**found.get('ctx', {}))}" if words else ""


def _example(context: Any, names: list[str]) -> str:
    """The first example in the command's help that has the option, else the first one where an argument is meant."""
    examples: list[str] = _EXAMPLE.findall(getattr(context.command, "help", None) or "") if context else []
    fitting = [one for one in examples if set(names) & set(one.split())]
    option = any(name.startswith("-") for name in names)
    return next(iter(fitting if option else examples), "")
