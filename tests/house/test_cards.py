import hashlib
import json
from pathlib import Path

import torch
from safetensors.torch import save_file

from house import shelf
from house.cards import remember_training, write_cards


def test_the_card_tells_digests_parameters_training_and_figures_and_the_sums_are_sha256sum_s(tmp_path: Path) -> None:
    models, report = tmp_path / "models", tmp_path / "report"
    faces, vae = shelf.faces(models), shelf.pipeline(models) / "vae" / "model.safetensors"
    vae.parent.mkdir(parents=True)
    report.mkdir()
    save_file({"w": torch.zeros(500, 50)}, faces)
    save_file({"w": torch.ones(3)}, vae)
    torch.save({"step": 12, "batch": 8, "seconds": 150.0}, tmp_path / "state.pt")
    remember_training("faces", models, [tmp_path / "state.pt"])
    rows = [["faces: recall", "97 %", ">= 95 %", "reached"], ["autoencoder: PSNR", "28 dB", "", ""]]
    (report / "figures.json").write_text(json.dumps(rows))
    card, sums = write_cards(models, report)
    told = card.read_text()
    digest = hashlib.sha256(faces.read_bytes()).hexdigest()
    assert f"| `house-faces.safetensors` | 0.03 M | `{digest}` |" in told
    assert "Training: 12 steps of 8 pictures, 2 minutes" in told
    assert told.index("autoencoder: PSNR") < told.index("## Face detector") < told.index("faces: recall")
    assert sums.read_text().splitlines()[0] == f"{digest}  house-faces.safetensors"
    assert "house/vae/model.safetensors" in sums.read_text().splitlines()[1]


def test_parts_without_weights_have_no_card(tmp_path: Path) -> None:
    card, sums = write_cards(tmp_path, tmp_path)
    assert "##" not in card.read_text() and sums.read_text() == ""


def test_shipped_files_are_those_the_sums_name_and_no_config_tells_a_path_of_the_machine_that_trained() -> None:
    models = Path(__file__).parents[2] / "models"
    for line in (models / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split()
        assert hashlib.sha256((models / name).read_bytes()).hexdigest() == digest, name
    for config in models.rglob("*config.json"):
        assert not json.loads(config.read_text()).get("_name_or_path"), config
