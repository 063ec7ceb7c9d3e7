"""The house model: a drawer, and the training and evaluation of the small family of weights that genga ships."""
