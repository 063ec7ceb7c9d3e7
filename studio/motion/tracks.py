"""What stands beside a film's picture in its file: sound, soft subtitles, chapters, title, language."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Any

from studio.motion.editlist import chapters
from studio.motion.encode import BITEXACT, GLOBAL_HEADER, VideoWriter
from studio.motion.subtitles import track_text
from studio.motion.voice import RATE
from studio.plan.film_recipes import Cue, FilmRecipe

SOUND: Mapping[str, tuple[str, int]] = MappingProxyType(
    {"mp4": ("aac", 192_000), "mov": ("pcm_s16le", 0), "webm": ("libopus", 128_000)})
"""Container -> encoder of its sound, bits a second."""
SOFT: Mapping[str, str] = MappingProxyType({"mp4": "mov_text", "mov": "mov_text", "webm": "webvtt"})
"""Container -> encoder of its soft subtitles."""
LANGUAGES: Mapping[str, str] = MappingProxyType({
    "ar": "ara", "cmn": "zho", "cs": "ces", "da": "dan", "de": "deu", "el": "ell", "en": "eng", "es": "spa", "fi": "fin",
    "fr": "fra", "he": "heb", "hi": "hin", "hu": "hun", "id": "ind", "it": "ita", "ja": "jpn", "ko": "kor", "ms": "msa",
    "nb": "nob", "nl": "nld", "no": "nor", "pl": "pol", "pt": "por", "ro": "ron", "ru": "rus", "sv": "swe", "th": "tha",
    "tr": "tur", "uk": "ukr", "vi": "vie", "zh": "zho"})
"""ISO 639-1 -> ISO 639-2, the only codes that mp4 knows."""
HEADER = b"[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\nFormat: Name\nStyle: Default\n\n[Events]\n"
"""What ffmpeg's encoders of subtitles want to know of the .ass lines that they are given."""
PIECE = 1024
"""Samples that are encoded at once."""


def language_code(language: str) -> str:
    """ISO 639-2 code of a language, `und` (undetermined) where there is none."""
    base = language.split("-")[0].lower()
    return LANGUAGES.get(base, base if len(base) == 3 else "und")


class Tracks:
    """Sound and soft subtitles of a film, written as its picture gets ahead, so that a player finds both together."""

    def __init__(self, writer: VideoWriter, recipe: FilmRecipe, sound: Path, cues: Sequence[Cue]) -> None:
        """sound: what `mix` wrote. cues: without overlaps; empty for no soft subtitles."""
        from scipy.io import wavfile

        self.writer, self.cues, self.sent = writer, list(cues), 0
        kind = writer.codec.container
        _describe(writer, recipe)
        self.samples: Any = wavfile.read(sound, mmap=True)[1]
        self.sound: Any = self._add_sound(kind, language_code(recipe.language))
        self.subtitles: Any = self._add_subtitles(kind, language_code(recipe.language)) if cues else None

    def catch_up(self, seconds: Fraction) -> None:
        """Write what is heard and read before this time."""
        import av

        most = min(round(seconds * RATE), len(self.samples))
        while self.sound is not None and self.sent < most:
            piece = self.samples[self.sent : min(self.sent + PIECE, most)]
            frame = av.AudioFrame.from_ndarray(piece.reshape(1, -1).copy(), "flt", "stereo")
            frame.sample_rate, frame.pts, frame.time_base = RATE, self.sent, Fraction(1, RATE)
            self.writer.container.mux(self.sound.encode(frame))
            self.sent += len(piece)
        while self.subtitles is not None and self.cues and self.cues[0].start < seconds:
            self._write_cue(self.cues.pop(0))

    def finish(self, seconds: Fraction) -> None:
        """Write all that is left of a film of this length."""
        self.catch_up(seconds)
        if self.sound is not None:
            self.writer.container.mux(self.sound.encode(None))

    def _add_sound(self, kind: str, language: str) -> Any:
        if kind not in SOUND:
            self.writer.notes.append(f"{kind} holds no sound")
            return None
        encoder, rate = SOUND[kind]
        stream = self.writer.container.add_stream(encoder, rate=RATE)
        stream.codec_context.layout = "stereo"
        if rate:
            stream.codec_context.bit_rate = rate
        stream.codec_context.flags |= BITEXACT | (GLOBAL_HEADER if kind != "webm" else 0)
        stream.codec_context.thread_count = 1
        stream.metadata["language"] = language
        return stream

    def _add_subtitles(self, kind: str, language: str) -> Any:
        if kind not in SOFT:
            self.writer.notes.append(f"{kind} holds no subtitles")
            return None
        stream = self.writer.container.add_stream(SOFT[kind])
        stream.codec_context.subtitle_header = HEADER
        stream.codec_context.time_base = Fraction(1, 1000)
        stream.metadata["language"] = language
        return stream

    def _write_cue(self, cue: Cue) -> None:
        from av.subtitles.subtitle import SubtitleSet

        start, end = round(cue.start * 1000), round(cue.end * 1000)
        if end <= start:
            return
        line = f"0,0,Default,,0,0,0,,{track_text(cue.text)}".encode()
        packet = self.subtitles.codec_context.encode_subtitle(SubtitleSet.create(line, 0, end - start, start))
        packet.time_base, packet.stream = Fraction(1, 1000), self.subtitles
        self.writer.container.mux(packet)


def _describe(writer: VideoWriter, recipe: FilmRecipe) -> None:
    names = {"title": "title", "author": "artist", "show": "show", "episode": "episode_id"}
    about = {tag: str(recipe.facts[fact]) for fact, tag in names.items() if recipe.facts.get(fact)}
    writer.container.metadata.update(about)
    writer.stream.metadata["language"] = language_code(recipe.language)
    writer.container.set_chapters([
        {"id": i + 1, "start": start, "end": end, "time_base": Fraction(1, recipe.fps), "metadata": {"title": title}}
        for i, (start, end, title) in enumerate(chapters(recipe))])
