"""Parts of the `animatediff` engine: adapters by their headers, windows over long gaps, anchored keyframes, memory, drawing."""
