"""Parts of the `diffusers` engine: loading the SD 1.x class, samplers, prompt words, LoRAs, drawing a batch."""
