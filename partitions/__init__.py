"""How work is cut: pages by slots, pages, episodes; and how a storyboard's cells are entered."""

import warnings

import dagster as dg

# multi-dimensional partitions, single-run backfills and runless events are beta; the exact pin is their stability
warnings.filterwarnings("ignore", category=dg.BetaWarning)
