"""The fleet: RayFarm, its dispatcher and its devices, on one machine or a cluster."""
