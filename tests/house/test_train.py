import random
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import CLIPTokenizer

from house import shelf
from house.draw.looks import CHARACTER, LOOKS, draw_look, look_scene
from house.draw.picture import face_boxes
from house.draw.scene import sample
from house.measure.figures import Figure, psnr, save_grid
from house.measure.lines import edge_agreement
from house.measure.painter import agreement
from house.measure.sight import agreements
from house.train.critic import asked
from house.train.diffusion import FACE, face_weights
from house.train.faces import target
from house.train.judge import ATTRIBUTES, NOT_SHOWN, Judge, shown
from house.train.lora import caption
from house.train.text import Tokens
from house.train.words import make_tokenizer, told, vocabulary
from studio.judge.faces import CELL, Face, boxes_of
from studio.plan.vocabulary import read_vocabulary


def test_every_word_of_the_vocabulary_is_one_token_and_strange_words_do_no_harm(tmp_path: Path) -> None:
    tokenizer = make_tokenizer(tmp_path)
    again = CLIPTokenizer.from_pretrained(shelf.pipeline(tmp_path) / "tokenizer")
    assert read_vocabulary(shelf.pipeline(tmp_path)) == frozenset(vocabulary())
    for word in vocabulary():
        assert len(again(word, add_special_tokens=False).input_ids) == 1, word
    for prompt in [sample(seed).caption() for seed in range(20)] + ["zyxgrof, 桃太郎; (8k)"]:
        ids = Tokens(tokenizer)([prompt])[0].tolist()
        assert ids == again(prompt, padding="max_length", max_length=77, truncation=True).input_ids


def test_captions_leave_out_shuffle_and_strew_but_keep_who_is_shown() -> None:
    scene, dice = sample(3, count=1), random.Random(1)
    made = {told(scene, dice) for _ in range(60)}
    assert "" in made and len(made) > 40
    assert all(scene.tags()[0] in caption_ for caption_ in made if caption_)


def test_errors_in_faces_count_more_and_only_there() -> None:
    scene = sample(3, count=1, framing="portrait")
    weights = face_weights([scene, sample(1, animal="dog")], (160, 104), (26, 40))
    assert weights.shape == (2, 1, 26, 40) and (weights[1] == FACE).any()  # animals have faces too
    (left, top, right, bottom), = face_boxes(scene, (160, 104))
    row, column = round((top + bottom) / 8), round((left + right) / 8)
    assert weights[0, 0, row, column] == FACE and weights[0, 0, 0, 0] == 1
    assert 0.5 < (weights[0] == FACE).sum() / ((right - left) * (bottom - top) / 16) < 1.6


def test_a_lora_s_caption_says_its_trigger_and_not_what_it_teaches() -> None:
    speaker = random.Random(2)
    for index in range(20):
        assert caption(CHARACTER, index, speaker).startswith(f"{CHARACTER}, ")
        assert "pink hair" not in caption(CHARACTER, index, speaker)
        assert caption(LOOKS[1], index, speaker).endswith(LOOKS[1])


def test_looks_differ_from_the_drawing_and_from_each_other() -> None:
    scene = look_scene(5)
    screentone, woodblock = (draw_look(scene, look, 96).astype(int) for look in LOOKS)
    assert np.ptp(screentone, axis=-1).max() == 0 and np.ptp(woodblock, axis=-1).max() > 30
    with pytest.raises(ValueError, match="no look is called 'oil'; there are screentone manga, woodblock print"):
        draw_look(scene, "oil")


def test_the_judge_is_asked_only_for_what_can_be_seen() -> None:
    closed = shown(sample(2, count=1, expression="closed eyes", style="neon"))
    assert closed["eye colour"] == NOT_SHOWN and closed["hair colour"] != NOT_SHOWN
    assert shown(sample(2, count=1, style="monochrome"))["hair colour"] == NOT_SHOWN
    two = shown(sample(2, count=2))
    assert two["people"] == 2 and two["outfit"] == NOT_SHOWN
    scenes = [sample(seed) for seed in range(6)]
    hits = agreement(Judge().eval(), scenes, np.zeros((6, 128, 128, 3), np.uint8))
    assert set(hits) == set(ATTRIBUTES) and len(hits["style"]) == 6


def test_a_picture_agrees_wholly_with_its_own_scene_and_partly_with_others() -> None:
    red, blue = (sample(2, count=1, hair=hair, style="neon") for hair in ("red", "blue"))
    scenes = [red, blue, sample(2, animal="dog")]
    found = {name: np.array([shown(scenes[0])[name]]) for name in ATTRIBUTES}
    own, recoloured, dog = agreements(found, scenes)[0]
    assert own == 1 and recoloured == pytest.approx(1 - 1 / sum(want != NOT_SHOWN for want in shown(scenes[1]).values()))
    assert dog < recoloured


def test_the_critic_asks_for_what_the_caption_says_and_no_more() -> None:
    person = {"expression": "angry", "eyes": "red", "hairstyle": "loose", "length": "long hair", "outfit": "kimono"}
    scene = sample(2, count=1, style="neon", **person)
    whole = asked(scene, scene.caption())
    assert whole == shown(scene) and NOT_SHOWN not in whole.values()
    less = asked(scene, scene.caption().replace("red eyes, ", "").replace(", angry", ""))
    assert {name for name, answer in less.items() if answer == NOT_SHOWN} == {"eye colour", "expression"}
    assert set(asked(scene, "").values()) == {NOT_SHOWN}


def test_a_face_that_the_network_answers_as_taught_is_the_face_that_was_drawn() -> None:
    box = (36.0, 30.0, 84.0, 90.0)
    goal = target([box], 16)
    logits = torch.from_numpy(goal)[None].clone()
    logits[:, 0] = logits[:, 0] * 20 - 10
    found = boxes_of(logits)[0]
    assert len(found) == 9 and all(np.allclose(each[:4], box, atol=0.01) for each in found)
    assert goal[0].sum() == 9 and CELL * 16 == 128
    assert Face(0, 0, 10, 10, 1).overlap(Face(5, 0, 15, 10, 1)) == pytest.approx(1 / 3)


def test_figures_say_whether_their_goal_is_reached(tmp_path: Path) -> None:
    assert Figure("a", 28.123, "dB", 27).row() == ("a", "28.12 dB", ">= 27 dB", "reached")
    assert Figure("b", 61, "MB", 60, at_most=True).row()[-1] == "NOT REACHED"
    assert Figure("c", 1).reached and Figure("c", 1).row()[2:] == ("", "")
    black, grey = np.zeros((4, 4, 3), np.uint8), np.full((4, 4, 3), 255, np.uint8)
    assert psnr(black, grey) == pytest.approx(0)
    save_grid(tmp_path / "g" / "grid.webp", [np.repeat(black, 20, 0)] * 3, 2, ["one two three", "", "x"])
    assert (tmp_path / "g" / "grid.webp").stat().st_size > 0


def test_edges_agree_with_their_own_map_and_not_with_another() -> None:
    lines = np.zeros((64, 64), np.uint8)
    lines[20:22, 5:60] = 255
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[21:] = 200
    other = np.zeros((64, 64, 3), np.uint8)
    other[:, 40:] = 200
    mine, its = edge_agreement(np.stack([picture, other]), np.stack([lines, lines]))
    assert mine > 0.7 and its < 0.2
