"""Enriching: a language model turns what happens in a shot into prompt tags. Any server with OpenAI's chat completions."""

import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import Field, ValidationError

from studio.errors import StoryError
from studio.record import Record
from studio.story.fields import Words
from studio.story.importing.script import clean
from studio.story.importing.updating import Plain

TIMEOUT = 60.0
"""Seconds that one shot may take."""
GIVE_UP = 3
"""Shots in a row without any answer, after which the server is not asked again."""
MOST_BYTES = 1 << 20
"""Of an answer; more is no answer to this."""
TASK = (
    "You turn a shot of an animation storyboard into prompts for a picture model. You are given JSON with the scene, what "
    "happens, and how many keyframes the shot has. Answer with JSON only: {\"keyframes\": [\"...\"]}, one text per keyframe, in "
    "order of time. Each text is a list of short English tags separated by commas: pose, expression, framing, place, light. "
    "No names, no quotes from the dialogue, no style words."
)
_FENCE = re.compile(r"^\s*```(?:json)?\s*(.*?)\s*```\s*$", re.DOTALL)
Tags = Annotated[Words, Field(max_length=600)]


class Answer(Record):
    """What the model is asked for: one prompt per keyframe."""

    keyframes: tuple[Tags, ...]


class NoAnswer(StoryError):
    """A language model's server gave no usable answer; the shot stays as it is."""

    def __init__(self, message: str, remedy: str, silent: bool = False) -> None:
        super().__init__(message, remedy=remedy)
        self.silent = silent
        """No answer at all came: the next shot will hardly fare better."""


@dataclass(frozen=True)
class LanguageModel:
    """A model behind a chat-completions server."""

    url: str
    """Base address, such as http://127.0.0.1:11434/v1."""
    model: str
    key: str = field(default="", repr=False)
    """Sent to the server and shown nowhere."""
    timeout: float = TIMEOUT

    def __post_init__(self) -> None:
        if not re.match(r"^https?://[^/\s]+", self.url):
            raise StoryError(f"'{self.url}' is no address of a server" if self.url else "no language model server is named",
                             field="--llm-url", remedy="Set GENGA_LLM_URL to its base address, such as "
                             "http://127.0.0.1:11434/v1, or leave --enrich out")
        if not self.model:
            raise StoryError("no language model is named", field="--llm-model", remedy="Set GENGA_LLM_MODEL to one of the "
                             "server's models, or leave --enrich out")
        if not (self.key.isascii() and self.key.isprintable()):
            raise StoryError("the language model's key holds characters that no key has", field="--llm-key",
                             remedy="Set GENGA_LLM_KEY again, without a line break")

    @property
    def address(self) -> str:
        """Where chat completions are asked for."""
        base = self.url.rstrip("/")
        return base if base.endswith("/chat/completions") else f"{base}/chat/completions"

    def tags(self, shot: Plain) -> tuple[str, ...]:
        """A prompt for each keyframe of `shot`. Raises NoAnswer when there is no usable answer."""
        asked = {"scene": shot.get("scene", ""), "action": shot.get("note", ""), "keyframes": len(shot["keyframes"]),
                 "said": [line["text"] for line in shot.get("lines", ())]}
        body = {"model": self.model, "temperature": 0, "messages": [
            {"role": "system", "content": TASK}, {"role": "user", "content": json.dumps(asked, ensure_ascii=False)}]}
        return self._read(self._post(json.dumps(body).encode()), len(shot["keyframes"]))

    def _post(self, body: bytes) -> bytes:
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {self.key}"} if self.key else {})
        request = urllib.request.Request(self.address, body, headers)
        try:
            with _OPENER.open(request, timeout=self.timeout) as answer:
                return answer.read(MOST_BYTES + 1)
        except urllib.error.HTTPError as exc:
            with exc:
                told = clean(exc.read(2000).decode("utf-8", "replace"))
            raise self._error(f"{self.address} answers {exc.code} {exc.reason}: {told[:200]}", _remedy(exc.code),
                              silent=exc.code in (401, 403, 404)) from None
        except TimeoutError:
            raise self._error(f"{self.address} gave no answer in {self.timeout:g} s",
                              "Use a smaller model, or allow more with --llm-timeout", silent=True) from None
        except (OSError, ValueError) as exc:
            if isinstance(getattr(exc, "reason", None), TimeoutError):
                raise self._error(f"{self.address} could not be reached in {self.timeout:g} s", _START, silent=True) from None
            raise self._error(f"{self.address} cannot be reached ({exc})", _START, silent=True) from None

    def _read(self, data: bytes, keyframes: int) -> tuple[str, ...]:
        remedy = "Run it again with --enrich, or name a model that keeps to JSON"
        try:
            if len(data) > MOST_BYTES:
                raise ValueError(f"more than {MOST_BYTES:,} bytes")
            content = json.loads(data)["choices"][0]["message"]["content"]
            fenced = _FENCE.match(content)
            answer = Answer.model_validate_json(fenced[1] if fenced else content)
        except ValidationError as exc:
            first = exc.errors()[0]
            where = ".".join(map(str, first["loc"])) or "answer"
            raise self._error(f"{self.address} did not keep to the JSON asked for ({where}: {first['msg']})", remedy) from None
        except (ValueError, LookupError, TypeError, RecursionError) as exc:
            raise self._error(f"{self.address} answers what is no chat completion ({type(exc).__name__}: {exc})",
                              remedy) from None
        if len(answer.keyframes) != keyframes:
            raise self._error(f"{self.address} gave {len(answer.keyframes)} prompts for {keyframes} keyframes", remedy)
        return tuple(clean(text) for text in answer.keyframes)

    def _error(self, message: str, remedy: str, silent: bool = False) -> NoAnswer:
        """An error without the key in it, even where a server repeats it."""
        return NoAnswer(message.replace(self.key, "***") if self.key else message, remedy, silent)


def enrich(
    shots: Sequence[Plain], model: LanguageModel, tell: Callable[[int, int], Any] = lambda done, of: None,
) -> tuple[list[Plain], list[str]]:
    """(`shots` with the model's prompts in their keyframes, warnings). A shot without a usable answer stays as it is.

    tell: called with (shots asked about, of how many) after each.
    """
    made: list[Plain] = []
    warnings: list[str] = []
    silent = 0
    for n, shot in enumerate(shots):
        if silent >= GIVE_UP:
            warnings.append(f"{len(shots) - n} more shots were not asked about: there was no answer {silent} times in a row")
            return [*made, *shots[n:]], warnings
        try:
            prompts = model.tags(shot)
            silent = 0
        except NoAnswer as exc:
            silent = silent + 1 if exc.silent else 0
            warnings.append(f"shot {shot['id']} keeps its prompts: {exc.render()}")
            made.append(shot)
        else:
            made.append({**shot, "keyframes": [
                {**keyframe, "prompt": text} for keyframe, text in zip(shot["keyframes"], prompts, strict=True)]})
        tell(n + 1, len(shots))
    return made, warnings


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an error: following it would carry the key to another host."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        """See HTTPRedirectHandler."""


_OPENER = urllib.request.build_opener(_NoRedirect)
_START = "Start the server, or set GENGA_LLM_URL to the one that runs"


def _remedy(code: int) -> str:
    if code in (401, 403):
        return "Set GENGA_LLM_KEY to a key that this server knows"
    if code in (404, 405) or 300 <= code < 400:
        return "Set GENGA_LLM_URL to the server's base address (often it ends in /v1) and GENGA_LLM_MODEL to a model it has"
    return "Run it again with --enrich when the server is well"
