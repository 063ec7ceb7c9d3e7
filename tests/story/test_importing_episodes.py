"""Scripts brought into a show, again and again."""

import difflib
from pathlib import Path

import pytest
import yaml

from studio.errors import StoryError
from studio.story.checks import read_storyboard
from studio.story.importing.episode import Imported, Wishes, bring
from studio.story.importing.formats import read_script
from studio.story.show import open_show
from studio.story.storyboard import Storyboard
from studio.story.timing import shot_timing

from .making import dump, write_show

SCRIPT = """\
EXT. RIVER - DAY

Momo kneels at the water. A peach drifts by.

MOMO
What a big peach!

KENJI
We should eat it at home, before it gets cold.

Momo carries the peach up the hill.

INT. KITCHEN - NIGHT

They cut it open.

MOMO
(surprised)
A boy!
"""
KITCHEN = SCRIPT[SCRIPT.index("INT. KITCHEN"):]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_show(tmp_path / "small")


def bring_in(folder: Path, text: str = SCRIPT, name: str = "script.fountain", episode: str = "02", **wishes: bool) -> Imported:
    """Import and write, as the command does."""
    file = folder.parent / name
    file.write_text(text, encoding="utf-8")
    made = bring(read_script(file), file, open_show(folder), episode, Wishes(**wishes))
    for path, content in (*made.cast, (made.file, made.text)):
        path.write_text(content, encoding="utf-8")
    return made


def board(folder: Path) -> Storyboard:
    return read_storyboard(folder / "storyboards" / "02.yaml", open_show(folder))


def edit(folder: Path, *pairs: tuple[str, str]) -> str:
    """Change the storyboard by hand; its new text."""
    file = folder / "storyboards" / "02.yaml"
    text = file.read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    file.write_text(text, encoding="utf-8")
    return text


def changed_lines(before: str, after: str) -> list[str]:
    return [line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line[0] in "+-"]


def test_a_new_episode_can_be_read_and_timed(folder: Path) -> None:
    made = bring_in(folder)
    shots = board(folder).shots
    assert made.added == tuple(shot.id for shot in shots) == ("river-1", "river-2", "kitchen-1")
    first = shots[0]
    assert [k.id for k in first.keyframes] == ["k1", "k2"] and [line.id for line in first.lines] == ["l1", "l2"]
    assert first.keyframes[0].prompt == "Momo kneels at the water, river, day, outdoors"
    assert first.keyframes[1].prompt == "A peach drifts by, river, day, outdoors"
    assert first.keyframes[0].characters == ("momo",) and first.lines[0].speaker == "momo"
    assert shots[2].note == "They cut it open. (surprised)" and shots[2].scene == "INT. KITCHEN - NIGHT"
    assert shots[2].keyframes[0].prompt == "They cut it open, surprised, kitchen, night, indoors"
    assert all(shot_timing(shot, 24, 8).gaps for shot in shots)
    assert made.warnings == ()


def test_length_is_the_time_to_tell_and_to_say_it(folder: Path) -> None:
    first = bring_in(folder) and board(folder).shots[0]
    words = 9 / 2.75 + (0.25 + 4 / 2.75) + (0.25 + 10 / 2.75) + 0.25
    assert words <= first.seconds < words + 0.25


def test_importing_the_same_again_changes_no_letter(folder: Path) -> None:
    first = bring_in(folder)
    again = bring_in(folder)
    assert again.text == first.text
    assert again.kept == first.added and not (again.added or again.changed or again.removed)


def test_ids_and_everything_by_hand_stay_when_the_script_changes(folder: Path) -> None:
    bring_in(folder)
    edit(folder, ("    seconds:", "    # a slow one\n    seconds:"), ("id: k2\n", "id: k2   # closer\n        take: 3\n"),
         ("shots:\n", "film: {codec: vp9}\nshots:\n"), ("  - id: kitchen-1", "  # the boy!\n  - id: kitchen-1"))
    before = edit(folder, ("    lines:", "    effects:\n      - kind: pan  # follow it\n        zoom: 1.5\n    lines:"))
    made = bring_in(folder, SCRIPT.replace("What a big peach!", "What a very big peach!"))
    assert [name for name, _ in made.changed] == ["river-1"] and made.kept == ("river-2", "kitchen-1")
    assert changed_lines(before, made.text) == [
        "-     seconds: 9.25", "+     seconds: 9.5",
        "-         text: What a big peach!", "+         text: What a very big peach!"]
    assert board(folder).shots[0].keyframes[1].take == 3


def test_scenes_in_another_order_keep_their_ids_and_comments(folder: Path) -> None:
    bring_in(folder)
    edit(folder, ("  - id: kitchen-1", "  # the boy!\n  - id: kitchen-1"))
    made = bring_in(folder, KITCHEN + "\n" + SCRIPT.removesuffix(KITCHEN))
    assert [shot.id for shot in board(folder).shots] == ["kitchen-1", "river-1", "river-2"]
    assert made.kept == ("kitchen-1", "river-1", "river-2")
    assert "shots:\n  # the boy!\n  - id: kitchen-1" in made.text
    assert any("another order" in warning for warning in made.warnings)


def test_a_new_shot_gets_a_free_id_and_the_others_keep_theirs(folder: Path) -> None:
    bring_in(folder)
    made = bring_in(folder, SCRIPT.replace("Momo carries", "A crow watches from a tree.\n\nMomo carries"))
    assert made.added == ("river-3",) and [s.id for s in board(folder).shots] == ["river-1", "river-3", "river-2", "kitchen-1"]


def test_a_shot_that_vanished_is_named_and_may_be_kept(folder: Path) -> None:
    bring_in(folder)
    shorter = SCRIPT.replace("Momo carries the peach up the hill.\n\n", "")
    assert bring_in(folder, shorter, keep=True).removed == ()
    assert [s.id for s in board(folder).shots] == ["river-1", "river-2", "kitchen-1"]
    made = bring_in(folder, shorter)
    assert made.removed == ("river-2",)
    assert [s.id for s in board(folder).shots] == ["river-1", "kitchen-1"]


def test_prompts_follow_the_action_until_they_are_written_by_hand(folder: Path) -> None:
    bring_in(folder)
    edit(folder, ("prompt: 'They cut it open, surprised, kitchen, night, indoors'", "prompt: 1boy, peach"))
    made = bring_in(folder, SCRIPT.replace("up the hill", "up the green hill").replace("They cut it open", "They cut it apart"))
    shots = board(folder).shots
    assert shots[1].keyframes[0].prompt == "Momo carries the peach up the green hill, river, day, outdoors"
    assert shots[2].keyframes[0].prompt == "1boy, peach" and shots[2].note == "They cut it apart. (surprised)"
    assert any("kitchen-1" in warning and "--prompts" in warning for warning in made.warnings)
    edit(folder, ("note: They cut it apart. (surprised)", "note: They cut it"))
    bring_in(folder, SCRIPT, prompts=True)
    assert board(folder).shots[2].keyframes[0].prompt == "They cut it open, surprised, kitchen, night, indoors"


def test_lines_are_matched_by_their_words(folder: Path) -> None:
    bring_in(folder)
    edit(folder, ("text: What a big peach!", "text: {en: What a big peach!, ja: 大きな桃！}\n        gain_db: 3"),
         ("        text: 'We should", "        voice: kenji.wav\n        text: 'We should"))
    (folder / "kenji.wav").write_bytes(b"RIFF")
    dump(folder / "show.yaml", {**yaml.safe_load((folder / "show.yaml").read_text()), "languages": ["en", "ja"]})
    made = bring_in(folder, SCRIPT.replace("KENJI\nWe should", "KENJI\nNo.\n\nKENJI\nWe should")
                    .replace("big peach", "huge peach"))
    first, new, second = board(folder).shots[0].lines
    assert (first.id, first.text, first.gain_db) == ("l1", {"en": "What a huge peach!", "ja": "大きな桃！"}, 3)
    assert (new.id, new.text) == ("l3", "No.")
    assert (second.id, second.voice) == ("l2", "kenji.wav")
    assert any("ja are still the old ones" in warning for warning in made.warnings)


def test_dialogue_longer_than_its_shot_is_told_in_seconds(folder: Path) -> None:
    bring_in(folder)
    edit(folder, ("seconds: 9.25", "seconds: 3"))
    made = bring_in(folder, SCRIPT.replace("A boy!", "A boy?"))
    assert "shot river-1: its dialogue takes 2.59 s longer than the shot" in made.warnings
    assert board(folder).shots[0].seconds == 3


def test_strangers_are_named_and_get_a_cast_file_when_asked(folder: Path) -> None:
    made = bring_in(folder)
    assert [(new.name, new.title) for new in made.newcomers] == [("kenji", "KENJI")] and made.cast == ()
    assert board(folder).shots[0].lines[1].speaker is None
    made = bring_in(folder, cast=True)
    assert [path.name for path, _ in made.cast] == ["kenji.yaml"]
    assert open_show(folder).cast["kenji"].title == "Kenji"
    first = board(folder).shots[0]
    assert first.lines[1].speaker == "kenji" and first.keyframes[0].characters == ("momo", "kenji")
    assert bring_in(folder, cast=True).newcomers == ()


def test_a_character_is_known_by_its_title_in_any_language(folder: Path) -> None:
    dump(folder / "cast" / "momo.yaml", {"name": "momo", "title": {"en": "Peach Boy", "ja": "桃太郎"}, "tags": "1boy"})
    bring_in(folder, ".川\n\n桃太郎は歩く。\n\n@桃太郎\n行くぞ！\n\nPEACH BOY\nOff we go!\n")
    shot = board(folder).shots[0]
    assert [line.speaker for line in shot.lines] == ["momo", "momo"] and shot.keyframes[0].characters == ("momo",)
    assert shot.keyframes[0].prompt == "桃太郎は歩く, 川"


def test_lines_said_together_begin_together(folder: Path) -> None:
    bring_in(folder, "Rain.\n\nMOMO\nOne two three four five six.\n\nMOMO ^\nYes.\n\nMOMO\nWell.\n")
    assert [line.at for line in board(folder).shots[0].lines] == [0.25, 0.25, 2.68]


def test_shots_of_a_table_keep_the_names_they_have_there(folder: Path) -> None:
    table = ("shot,scene,seconds,description,prompt,last_prompt,speaker,text\n"
             "C-1,River,2,Momo kneels,1boy,closer,MOMO,Hello\n"
             "C-2,,1.5,A peach,,,,\n")
    bring_in(folder, table, "board.csv")
    first, second = board(folder).shots
    assert (first.id, first.seconds, first.keyframes[0].prompt, first.keyframes[1].prompt) == ("c-1", 2, "1boy", "closer")
    assert (second.id, second.seconds, second.keyframes[0].prompt) == ("c-2", 1.5, "A peach, river")
    made = bring_in(folder, table.replace("C-2,,1.5,A peach", "C-2,,4,A crow"), "board.csv")
    assert made.kept == ("c-1",) and made.changed[0][0] == "c-2"
    assert board(folder).shots[1].seconds == 4 and board(folder).shots[1].keyframes[0].prompt == "A crow, river"


def test_an_episode_of_pages_gets_shots_and_keeps_its_pages(folder: Path) -> None:
    before = (folder / "storyboards" / "01.yaml").read_text()
    made = bring_in(folder, episode="01")
    assert made.text.startswith(before) and made.text[len(before):].startswith("shots:\n  - id: river-1")


def test_a_storyboard_in_flow_style_is_written_anew_and_told(folder: Path) -> None:
    file = folder / "storyboards" / "02.yaml"
    file.write_text('{episode: "02", title: Two, shots: [{id: river-1, seconds: 2, keyframes: [{id: k1, prompt: a}, '
                    '{id: k2, prompt: b}]}]}')
    made = bring_in(folder)
    assert made.removed == ("river-1",) and made.added == ("river-2", "river-3", "kitchen-1")
    assert any("written anew" in warning for warning in made.warnings)


def test_shots_in_flow_style_inside_a_list_are_changed_in_place(folder: Path) -> None:
    (folder / "storyboards" / "02.yaml").write_text(
        'episode: "02"\ntitle: Two\nshots:\n- {id: a, seconds: 2, note: They cut it up., keyframes: '
        '[{id: k1, prompt: a}, {id: k2, prompt: b}]}  # mine\n')
    made = bring_in(folder, "They cut it open.\n")
    assert made.text.splitlines()[3:] == [
        "- {id: a, seconds: 2, note: They cut it open., keyframes: [{id: k1, prompt: a}, {id: k2, prompt: b}]}  # mine"]


def test_five_hundred_shots_are_matched_in_seconds(folder: Path) -> None:
    nouns = ("fox", "crow", "tree", "stone", "boat", "moon", "hill")
    words = [a + b for a in ("red", "blue", "old", "wet", "tall") for b in nouns]

    def text(shift: int) -> str:
        return "\n\n".join(f"The {words[n % 35]} and the {words[n * 7 % 34]} meet the {words[n * 3 % 33]} {n + shift} times."
                           for n in range(500))

    bring_in(folder, text(0))
    made = bring_in(folder, text(5000))
    assert len(made.changed) + len(made.kept) > 450


@pytest.mark.parametrize(("episode", "why"), [("Zwei", "no episode id"), ("broken", "does not hold episode")])
def test_an_episode_that_cannot_be_is_refused(folder: Path, episode: str, why: str) -> None:
    (folder / "storyboards" / "broken.yaml").write_text("episode: [\n")
    with pytest.raises(StoryError, match=why):
        bring_in(folder, episode=episode)


def test_which_episode_is_asked_when_the_show_has_several(folder: Path) -> None:
    bring_in(folder)
    file = folder.parent / "script.fountain"
    with pytest.raises(StoryError, match="which episode\\? The show has 01, 02"):
        bring(read_script(file), file, open_show(folder))
    file.write_text("Episode: 03\n\n" + SCRIPT)
    assert bring(read_script(file), file, open_show(folder)).file.name == "03.yaml"


def test_nothing_is_merged_into_a_broken_storyboard(folder: Path) -> None:
    bring_in(folder)
    edit(folder, ("id: k2", "id: k2\n        colour: red"))
    with pytest.raises(StoryError, match="unknown key 'colour'"):
        bring_in(folder)
