import torch

from m3ae.model.vision import VisionEncoder, resize_positions, scratch_transformer, take


def test_a_hidden_patch_never_reaches_the_encoder(config):
    encoder = VisionEncoder(scratch_transformer(config.model)).eval()
    images, kept = torch.randn(2, 3, 32, 32), torch.tensor([[0, 5], [3, 9]])
    before = encoder(images, kept)
    changed = images.clone()
    changed[:, :, 24:, :] = 100.0  # patches 12 to 15, none of them kept
    assert torch.equal(encoder(changed, kept), before) and before.shape == (2, 3, 16)


def test_kept_patches_carry_their_own_positions(config):
    encoder = VisionEncoder(scratch_transformer(config.model)).eval()
    images = torch.zeros(1, 3, 32, 32)
    assert not torch.allclose(encoder(images, torch.tensor([[0]])), encoder(images, torch.tensor([[7]])))


def test_keeping_every_patch_is_the_whole_image(config):
    encoder = VisionEncoder(scratch_transformer(config.model)).eval()
    images = torch.randn(2, 3, 32, 32)
    assert torch.equal(encoder(images, torch.arange(16).expand(2, -1)), encoder(images))


def test_positions_keep_the_class_token_and_are_not_antialiased():
    grid = torch.arange(64.0).reshape(1, 64, 1)
    positions = torch.cat([torch.full((1, 1, 1), -5.0), grid], dim=1)
    smaller = resize_positions(positions, 16)
    plain = torch.nn.functional.interpolate(grid.reshape(1, 1, 8, 8), size=(4, 4), mode="bicubic", align_corners=False)
    assert smaller[0, 0, 0] == -5.0 and torch.equal(smaller[0, 1:, 0], plain.flatten())


def test_take_picks_by_number():
    tokens = torch.arange(6.0).reshape(1, 3, 2)
    assert take(tokens, torch.tensor([[2, 0]])).tolist() == [[[4, 5], [0, 1]]]
