"""What ought to be rendered: models, presets, seeds, prompts, recipes and the plan. Pure; nothing here renders."""
