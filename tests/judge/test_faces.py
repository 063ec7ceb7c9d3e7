from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from studio.errors import ModelError
from studio.judge.faces import FaceFinder, make_network


def test_another_file_is_refused_with_its_name(tmp_path: Path) -> None:
    save_file({"w": torch.zeros(3)}, tmp_path / "other.safetensors")
    with pytest.raises(ModelError, match="not the weights of a face detector") as caught:
        FaceFinder(tmp_path / "other.safetensors")
    assert caught.value.file == str(tmp_path / "other.safetensors")
    (tmp_path / "cut.safetensors").write_bytes(b"\x00" * 4)
    with pytest.raises(ModelError, match="not the weights"):
        FaceFinder(tmp_path / "cut.safetensors")


def test_one_face_is_found_once_however_many_cells_answer_and_in_the_picture_s_own_pixels(tmp_path: Path) -> None:
    network = make_network()
    with torch.no_grad():  # a detector that answers in every cell: a face of 128 pixels around it, whatever it sees
        network[-1].weight.zero_()
        network[-1].bias.copy_(torch.tensor([4.0, *[np.log(8.0)] * 4]))
    save_file(network.state_dict(), tmp_path / "faces.safetensors")
    finder = FaceFinder(tmp_path / "faces.safetensors")
    found = finder.find(np.zeros((96, 192, 3), np.uint8))
    assert all(face.confidence == pytest.approx(0.982, abs=0.001) for face in found)
    assert all(one.overlap(other) < 0.4 for i, one in enumerate(found) for other in found[:i])
    widths = {round(face.right - face.left) for face in found}
    assert widths <= {192, 96}  # 128 pixels of 128, and 128 of 256, of a picture 192 wide
    assert finder.find(np.zeros((96, 192, 3), np.uint8), confidence=0.99) == []
