"""How a recipe becomes a take: the Engine seam, engines, the farm they run on, and the renderer that never pays twice."""
