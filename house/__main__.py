"""python -m house: trains the house model, measures it, shows what the drawer draws."""

from house.commands import main

main()
