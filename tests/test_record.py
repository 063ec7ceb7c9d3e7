"""Record: equal content gives equal digests, in every process; anything else gives another."""

import random
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from studio.plan.recipes import ImageRecipe, PageRecipe, recipe_from, recipe_from_json
from studio.record import Record, canonical_json, nfc, sha256

ROOT = Path(__file__).parents[1]


class Note(Record):
    """A record with one field of each sort."""

    text: str = ""
    number: float = 0.0
    table: dict[str, Any] = {}  # noqa: RUF012  pydantic copies defaults
    row: tuple[int, ...] = ()


def page(**changes: Any) -> PageRecipe:
    return PageRecipe(**{"contract": 1, "page": {}, "paper": {}, "texture": {}, "language": "en", "titles": {},
                         "art": (), "fonts": "0" * 64, **changes})


DIGESTS = """
from studio.plan.recipes import *
image = ImageRecipe(engine="diffusers", contract=1, model="a" * 64, prompt="桃太郎 café", sampler="euler", steps=16,
                    guidance=4.1, width=64, height=64, seed=2**32 - 1,
                    loras=(LoraRef(model="b" * 64, weight=0.1 + 0.2),))
names = {"momo", "inu", "saru", "kiji", "oni"}  # a set: its order follows the hash seed
page = PageRecipe(contract=1, page={n: {m: 1 for m in names} for n in names}, paper={}, texture={}, language="ja",
                  titles={n: n for n in names}, art=(), fonts="c" * 64)
print(image.digest(), page.digest(), list(page.titles))
"""


def test_processes_with_different_hash_seeds_agree_on_every_digest() -> None:
    runs = [
        subprocess.run([sys.executable, "-c", DIGESTS], env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
                       capture_output=True, text=True, check=True).stdout.split(maxsplit=2)
        for seed in ("1", "2", "3")
    ]
    assert len({tuple(run[:2]) for run in runs}) == 1
    assert len({run[2] for run in runs}) > 1, "the processes were meant to see different orders"


def any_value(rng: random.Random, depth: int = 0) -> Any:
    """A random JSON value: what may stand in a recipe's free fields."""
    makers: list[Any] = [
        lambda: rng.choice([None, True, False]), lambda: rng.randint(-2**60, 2**60), lambda: rng.uniform(-1e6, 1e6),
        lambda: rng.random() * 10.0 ** rng.randint(-300, 300),
        lambda: "".join(chr(rng.choice([65, 0xE9, 0x0301, 0x304B, 0x3099, 0x1F351, 34, 92, 10])) for _ in range(5)),
    ]
    if depth < 3:
        makers += [
            lambda: [any_value(rng, depth + 1) for _ in range(rng.randint(0, 4))],
            lambda: {f"k{rng.randint(0, 99)}": any_value(rng, depth + 1) for _ in range(rng.randint(0, 4))},
        ]
    return rng.choice(makers)()


def shuffled(value: Any, rng: random.Random) -> Any:
    """The same value with the keys of every table in another order."""
    if isinstance(value, dict):
        items = [(key, shuffled(v, rng)) for key, v in value.items()]
        rng.shuffle(items)
        return dict(items)
    return [shuffled(v, rng) for v in value] if isinstance(value, list) else value


@pytest.mark.parametrize("seed", range(100))
def test_key_order_never_counts_and_json_carries_a_record_without_loss(seed: int) -> None:
    rng = random.Random(seed)
    table = {f"k{i}": any_value(rng) for i in range(6)}
    recipe = page(page=table)
    assert page(page=shuffled(table, rng)).digest() == recipe.digest()
    assert recipe_from_json(recipe.canonical()).digest() == recipe.digest()
    assert recipe_from_json(recipe.model_dump_json()).digest() == recipe.digest()
    assert recipe_from(recipe.model_dump(mode="json")).digest() == recipe.digest()


@pytest.mark.parametrize("seed", range(50))
def test_a_changed_value_anywhere_changes_the_digest(seed: int) -> None:
    rng = random.Random(seed)
    table = {f"k{i}": any_value(rng) for i in range(6)}
    key = rng.choice(list(table))
    assert page(page={**table, key: [table[key], "changed"]}).digest() != page(page=table).digest()


@pytest.mark.parametrize("text", ["é", "が", "パ", "Å", "ö̲", "각"])
def test_two_spellings_of_one_text_have_one_digest(text: str) -> None:
    composed, taken_apart = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    assert composed != taken_apart
    assert Note(text=composed).digest() == Note(text=taken_apart).digest()
    assert Note(table={composed: [composed]}).digest() == Note(table={taken_apart: [taken_apart]}).digest()
    assert nfc(taken_apart) == composed


def test_wide_and_narrow_letters_stay_different() -> None:
    """NFC, not NFKC: a full-width letter is drawn another way."""
    assert Note(text="A").digest() != Note(text="\uff21").digest()


@pytest.mark.parametrize("where", ["number", "table", "nested"])
def test_minus_zero_is_zero(where: str) -> None:
    def note(value: float) -> Note:
        if where == "number":
            return Note(number=value)
        return Note(table={"a": value if where == "table" else [{"b": value}]})

    assert note(-0.0).digest() == note(0.0).digest() != note(5e-324).digest()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_nan_and_infinity_have_no_digest(value: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json({"guidance": value})


@pytest.mark.parametrize("value", [0.1, 1 / 3, 0.1 + 0.2, 1e22, 1.7976931348623157e308, 5e-324, 7.0])
def test_a_float_keeps_its_last_bit(value: float) -> None:
    again = Note.model_validate_json(Note(number=value).canonical())
    assert again.number.hex() == value.hex()


def test_an_integer_given_for_a_float_is_the_same_recipe() -> None:
    one, other = (ImageRecipe(engine="e", contract=1, model="a" * 64, prompt="p", sampler="euler", steps=1, guidance=g,
                              width=8, height=8, seed=0) for g in (7, 7.0))
    assert one.digest() == other.digest()


def test_canonical_json_is_written_as_it_is_promised() -> None:
    value = {"b": [1, 2.50, None, True], "a": "e\u0301\n\"桃"}
    assert canonical_json(value) == '{"a":"é\\n\\"桃","b":[1,2.5,null,true]}'
    assert Note(text="x", row=(1, 2)).canonical() == '{"number":0.0,"row":[1,2],"table":{},"text":"x"}'
    assert Note().digest() == sha256(Note().canonical().encode())


def test_the_order_of_a_list_counts() -> None:
    assert Note(row=(1, 2)).digest() != Note(row=(2, 1)).digest()


def test_a_default_written_out_is_the_same_record() -> None:
    assert Note(text="").digest() == Note().digest()


def test_a_record_cannot_be_changed_and_knows_its_fields() -> None:
    note = Note(text="x")
    with pytest.raises(ValidationError, match="frozen"):
        note.text = "y"  # type: ignore[misc]
    with pytest.raises(ValidationError, match="Extra inputs"):
        Note(texts="x")  # type: ignore[call-arg]


@pytest.mark.parametrize("note", [
    Note(text="plain"), Note(text="cafe\u0301"), Note(number=-0.0), Note(table={"-0.0": [-0.0, "-0.0", 0.1 + 0.2]}),
    Note(table={"b": {"z": 1, "a": None}, "a\u0301": True}, row=(3, 1)), Note(number=1e-7),
])
def test_the_short_way_to_a_digest_gives_the_same_text(note: Note) -> None:
    assert note.canonical() == canonical_json(note.model_dump(mode="json"))
