"""What shots must keep beyond their types: unique ids, known names, keyframes within their time, files that can be read."""

from collections.abc import Iterator
from pathlib import Path

from studio.errors import StoryError
from studio.story.drawn import Drawn
from studio.story.effects import Grade, Title, Watermark
from studio.story.reading import Path_, Source, inside, nearest
from studio.story.shots import MAX_KEYFRAMES, Shot
from studio.story.show import Show
from studio.story.storyboard import Storyboard

Complaint = tuple[str, Path_, str]
LEAST_KEYFRAMES = 2
PICTURES = (".png", ".jpg", ".jpeg", ".webp")
"""Pictures that shots may be drawn from."""
OBLONG = 0.02
"""By how much the proportions of a control picture may differ from the film's: rounding, and no more."""


def shot_complaints(board: Storyboard, show: Show) -> Iterator[Complaint]:
    """What is wrong with each shot, with its place in the file and a remedy."""
    for s, shot in enumerate(board.shots):
        path: Path_ = ("shots", s)
        yield from _keyframe_complaints(shot, path)
        yield from _background_complaints(shot, path, show)
        yield from _doubled_ids(shot, path)
        for n, keyframe in enumerate(shot.keyframes):
            yield from _unknown(keyframe.characters, (*path, "keyframes", n, "characters"), show)
        for n, line in enumerate(shot.lines):
            where = (*path, "lines", n)
            if line.speaker and line.speaker not in show.cast:
                yield f"unknown character '{line.speaker}'", (*where, "speaker"), nearest(line.speaker, show.cast)
            yield from _languages(line.text, (*where, "text"), show)
            if line.at is not None and line.at >= shot.seconds:
                yield (f"line '{line.id}' begins at {line.at:g} s, after the shot's end at {shot.seconds:g} s", (*where, "at"),
                       "Let it begin within the shot, or make the shot longer")
        for n, effect in enumerate(shot.effects):
            if isinstance(effect, Title):
                yield from _languages(effect.text, (*path, "effects", n, "text"), show)
            if effect.at >= shot.seconds:
                yield (f"the effect begins at {effect.at:g} s, after the shot's end at {shot.seconds:g} s",
                       (*path, "effects", n, "at"), "Let it begin within the shot")
        if s and shot.transition.kind == "dissolve" and shot.transition.seconds >= min(shot.seconds, board.shots[s - 1].seconds):
            yield ("the dissolve is as long as one of its shots", (*path, "transition", "seconds"),
                   "Make it shorter than both shots")
        elif _dissolving(board, s) + _dissolving(board, s + 1) > shot.seconds:
            yield ("the dissolves into it and out of it together are longer than the shot", (*path, "transition", "seconds"),
                   "Make one of them shorter, or the shot longer")


def _dissolving(board: Storyboard, s: int) -> float:
    """Seconds that shot number `s` shares with the one before it."""
    shot = board.shots[s] if 0 < s < len(board.shots) else None
    return shot.transition.seconds if shot and shot.transition.kind == "dissolve" else 0.0


def _keyframe_complaints(shot: Shot, path: Path_) -> Iterator[Complaint]:
    count = len(shot.keyframes)
    if not LEAST_KEYFRAMES <= count <= MAX_KEYFRAMES:
        yield (f"shot '{shot.id}' has {count} keyframe{'s' * (count != 1)}; a shot has {LEAST_KEYFRAMES} to {MAX_KEYFRAMES}",
               (*path, "keyframes"), "Add one for its end" if count < LEAST_KEYFRAMES else "Cut it into two shots")
        return
    for n, keyframe in enumerate(shot.keyframes):
        where = (*path, "keyframes", n)
        if keyframe.at is not None and keyframe.at > shot.seconds:
            yield (f"keyframe '{keyframe.id}' stands at {keyframe.at:g} s, after the shot's end at {shot.seconds:g} s",
                   (*where, "at"), "Move it into the shot, or make the shot longer")
        if keyframe.at is not None and (n == 0) and keyframe.at > 0:
            yield "the first keyframe begins its shot", (*where, "at"), "Leave 'at' out, or write 0"
        if keyframe.from_previous is not None and n == 0:
            yield "the first keyframe has none before it", (*where, "from_previous"), "Take it out, or use 'init'"
        if keyframe.from_previous is not None and keyframe.init is not None:
            yield ("a keyframe is drawn over one picture, and here are two", (*where, "init"),
                   "Keep either 'init' or 'from_previous'")


def _background_complaints(shot: Shot, path: Path_, show: Show) -> Iterator[Complaint]:
    if shot.background is None:
        for n, keyframe in enumerate(shot.keyframes):
            if keyframe.mask:
                yield ("a mask joins a figure with its background, and the shot has none", (*path, "keyframes", n, "mask"),
                       "Give the shot a 'background', or take the mask out")
        return
    yield from _unknown(shot.background.characters, (*path, "background", "characters"), show)
    if shot.blockout:
        yield ("a blockout lays out the whole picture, and here its background is drawn apart", (*path, "blockout"),
               "Take out 'background', or give it and the keyframes a 'control' each")


def _doubled_ids(shot: Shot, path: Path_) -> Iterator[Complaint]:
    """Keyframes, lines and the background share one space of ids inside a shot: all are units."""
    seen: set[str] = set()
    places: list[tuple[str, Path_]] = [(k.id, (*path, "keyframes", n, "id")) for n, k in enumerate(shot.keyframes)]
    places += [(line.id, (*path, "lines", n, "id")) for n, line in enumerate(shot.lines)]
    if shot.background:
        places.append((shot.background.id, (*path, "background", "id")))
    for name, where in places:
        if name in seen:
            yield f"id '{name}' stands twice in this shot", where, "Give this one another id; keep the older one"
        seen.add(name)


def _unknown(names: tuple[str, ...], path: Path_, show: Show) -> Iterator[Complaint]:
    for i, name in enumerate(names):
        if name not in show.cast:
            yield f"unknown character '{name}'", (*path, i), nearest(name, show.cast)


def _languages(text: str | dict[str, str], path: Path_, show: Show) -> Iterator[Complaint]:
    for language in text if isinstance(text, dict) else ():
        if language not in show.settings.languages:
            yield (f"language '{language}' is not among the show's", (*path, language),
                   f"show.yaml has languages: {', '.join(show.settings.languages)}")


def shot_files(board: Storyboard, show: Show, source: Source) -> list[StoryError]:
    """Files that shots name and that are not there, lie outside the show, or are no pictures of the film's proportions."""
    errors: list[StoryError] = []
    wide = show.settings.picture.width / show.settings.picture.height
    for name, path, picture in _named(board):
        try:
            file = inside(show.folder, name, source, path)
            if file.is_dir() and path[-2:] != ("blockout", "frames"):
                raise source.error(f"'{name}' is a folder", path, "Name a file in it")
            if not file.is_dir() and not file.suffix:
                raise source.error(f"'{name}' has no ending", path, "Give it one that says what it is, such as .png or .wav")
            if picture:
                _check_picture(file, wide, source, path)
        except StoryError as exc:
            errors.append(exc)
    return errors


def _named(board: Storyboard) -> Iterator[tuple[str, Path_, bool]]:
    """(file, place, whether it must be a picture of the film's proportions)."""
    for s, shot in enumerate(board.shots):
        path: Path_ = ("shots", s)
        yield from _of_drawings(shot, path)
        for n, line in enumerate(shot.lines):
            voices = line.voice if isinstance(line.voice, dict) else {"": line.voice} if line.voice else {}
            for language, file in voices.items():
                yield file, (*path, "lines", n, "voice", *([language] if language else [])), False
        for n, sound in enumerate(shot.sounds):
            yield sound.file, (*path, "sounds", n, "file"), False
        for n, effect in enumerate(shot.effects):
            if isinstance(effect, Grade):
                yield effect.lut, (*path, "effects", n, "lut"), False
            if isinstance(effect, Watermark) and effect.image:
                yield effect.image, (*path, "effects", n, "image"), False
    for n, sound in enumerate(board.film.music):
        yield sound.file, ("film", "music", n, "file"), False


def _of_drawings(shot: Shot, path: Path_) -> Iterator[tuple[str, Path_, bool]]:
    for n, keyframe in enumerate(shot.keyframes):
        yield from _of_drawing(keyframe, (*path, "keyframes", n))
        if keyframe.mask:
            yield keyframe.mask, (*path, "keyframes", n, "mask"), True
    if shot.background:
        yield from _of_drawing(shot.background, (*path, "background"))
    if shot.blockout:
        yield shot.blockout.frames, (*path, "blockout", "frames"), False


def _of_drawing(drawn: Drawn, path: Path_) -> Iterator[tuple[str, Path_, bool]]:
    for c, control in enumerate(drawn.control):
        if control.image:
            yield control.image, (*path, "control", c, "image"), True
    if drawn.init:
        yield drawn.init.image, (*path, "init", "image"), True
        if drawn.init.mask:
            yield drawn.init.mask, (*path, "init", "mask"), True


def _check_picture(file: Path, wide: float, source: Source, path: Path_) -> None:
    """Raises StoryError for what is no picture, or one that would be squeezed."""
    from PIL import Image

    if file.suffix.lower() not in PICTURES:
        raise source.error(f"'{file.name}' is of a kind that is not kept", path, f"Save it as one of {', '.join(PICTURES)}")
    try:
        with Image.open(file) as picture:
            width, height = picture.size
            picture.verify()
    except Exception as exc:  # PIL raises a dozen kinds for damaged files
        raise source.error(f"'{file.name}' cannot be read as a picture ({exc})", path, "Save it again as PNG") from exc
    if abs(width / height / wide - 1) > OBLONG:
        raise source.error(f"'{file.name}' has {width}x{height} pixels, the film is {wide:.3f} times as wide as it is tall", path,
                           f"Cut it to those proportions, such as {round(height * wide)}x{height}")
