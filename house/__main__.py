"""python -m house: trains the house model, measures it, shows what the drawer draws."""

import studio.render.environment  # noqa: F401  sets how threads wait, which torch reads when it loads
from house.commands import main

main()
