"""Probe: a tiny picture, denoised by a tiny network of random weights. A device that cannot make it is not given work."""

from studio.errors import RenderError

SIDE = 32


def tiny_picture(device: str) -> None:
    """Two denoising steps of a real network on `device`. Raises RenderError when what comes out is no picture."""
    from studio.render.environment import go_offline, settle

    go_offline()
    settle()
    import numpy as np
    import torch
    from diffusers import DDIMPipeline, DDIMScheduler, UNet2DModel  # pyright: ignore[reportPrivateImportUsage]

    torch.manual_seed(1)
    net = UNet2DModel(
        sample_size=SIDE, block_out_channels=(16, 32), layers_per_block=1, norm_num_groups=8,
        down_block_types=("DownBlock2D", "AttnDownBlock2D"), up_block_types=("AttnUpBlock2D", "UpBlock2D"),
    )
    pipeline = DDIMPipeline(net, DDIMScheduler()).to(device)
    pipeline.set_progress_bar_config(disable=True)
    noise = torch.Generator().manual_seed(1)
    picture = np.asarray(pipeline(generator=noise, num_inference_steps=2, output_type="np", return_dict=False)[0][0])
    if picture.shape != (SIDE, SIDE, 3) or not 0.01 < float(picture.std()) < 1:  # NaN fails both
        raise RenderError("the device renders no picture", field=device,
                          remedy="Look after its driver and memory, then restart the worker's machine")


def total_bytes(device: str) -> int:
    """Memory of a torch device, or of this machine for the CPU."""
    if device.startswith("cuda"):
        import torch

        return torch.cuda.mem_get_info(device)[1]
    import psutil

    return psutil.virtual_memory().total
