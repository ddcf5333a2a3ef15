"""Which operators a model may be trained under. All others are for tests alone: what was trained on is no proof against the unseen."""

TRAINED_IMAGES = ("gaussian_noise", "brightness_down", "contrast_down")
TRAINED_TEXTS = ("keyboard", "character_deletion")
