import json
import shutil

import pytest
import timm
import torch
from safetensors.torch import save_file

from m3ae.model.config import load_config
from m3ae.model.folder import load_weights, save_model
from m3ae.model.params import ModelParams
from m3ae.model.vision import resize_positions
from m3ae.model.vision_by_name import architecture, build_vision_encoder, check_vision_encoder
from m3ae.objectives.build import fill, pretraining_learner
from m3ae.objectives.saved import saved_learner

VITS = {  # name: (width, depth, heads, patch_px, image_px)
    "vit_tiny_patch16_224": (192, 12, 3, 16, 64),
    "deit_tiny_distilled_patch16_224": (192, 12, 3, 16, 64),  # a second token, for distillation
    "deit3_small_patch16_224": (384, 12, 6, 16, 64),  # positions for the patches alone
    "vit_small_patch14_reg4_dinov2": (384, 12, 6, 14, 56),  # four registers
    "vit_base_patch16_clip_quickgelu_224": (768, 12, 12, 16, 64),
    "vit_base_patch32_clip_quickgelu_224": (768, 12, 12, 32, 64),
}
SWIN = {
    "vision_encoder": "swin_tiny_patch4_window7_224",
    "vision_width": 768,
    "vision_depth": 12,
    "vision_heads": 24,
    "patch_px": 32,
    "image_px": 64,
}


def named(model: ModelParams, **changes) -> ModelParams:
    return ModelParams(**{**model.model_dump(), **changes})


def of_name(model: ModelParams, name: str, depth: int | None = None) -> ModelParams:
    width, all_blocks, heads, patch_px, image_px = VITS[name]
    return named(
        model,
        vision_encoder=name,
        vision_width=width,
        vision_depth=depth or all_blocks,
        vision_heads=heads,
        patch_px=patch_px,
        image_px=image_px,
    )


@pytest.mark.parametrize("name", VITS)
def test_a_named_transformer_gives_timms_own_features(config, name):
    params = of_name(config.model, name)
    torch.manual_seed(1)
    theirs = timm.create_model(name, img_size=params.image_px, num_classes=0).eval()
    torch.manual_seed(1)
    ours = build_vision_encoder(params, None, load_weights=False).eval()
    images = torch.randn(2, 3, params.image_px, params.image_px)
    with torch.no_grad():
        features = theirs.forward_features(images)
        expected = torch.cat([features[:, :1], features[:, theirs.num_prefix_tokens :]], dim=1)
        assert torch.allclose(ours(images), expected, atol=1e-5)
        assert torch.allclose(ours(images, torch.arange(ours.num_patches).expand(2, -1)), expected, atol=1e-5)
        assert ours(images, torch.tensor([[0], [2]])).shape == (2, 2, params.vision_width)


@pytest.mark.parametrize("patch_px", [16, 32])
def test_clips_last_block_is_left_out_as_the_authors_do(config, patch_px):
    params = of_name(config.model, f"vit_base_patch{patch_px}_clip_quickgelu_224", depth=11)
    encoder = build_vision_encoder(params, None, load_weights=False)
    assert len(encoder.blocks) == 11 and type(encoder.blocks[0].mlp.act).__name__ == "QuickGELU"
    assert encoder.patch_embed.proj.bias is None and isinstance(encoder.norm_before, torch.nn.LayerNorm)


@pytest.fixture
def published(tmp_path):
    """A tiny transformer with weights, as a folder that timm reads."""
    folder = tmp_path / "published"
    folder.mkdir()
    sizes = {"embed_dim": 32, "depth": 3, "num_heads": 2, "img_size": 64}
    model = timm.create_model("vit_tiny_patch16_224", num_classes=0, **sizes)
    save_file(model.state_dict(), folder / "model.safetensors")
    cfg = {"num_classes": 0, "input_size": [3, 64, 64], "first_conv": "patch_embed.proj", "classifier": "head"}
    content = {"architecture": "vit_tiny_patch16_224", "num_classes": 0, "model_args": sizes, "pretrained_cfg": cfg}
    (folder / "config.json").write_text(json.dumps(content))
    return folder, model


def of_folder(model: ModelParams, folder) -> ModelParams:
    return named(model, vision_encoder=f"local-dir:{folder}", vision_width=32, vision_depth=2, patch_px=16, image_px=96)


def test_published_weights_are_loaded_and_positions_resized_the_authors_way(config, published):
    folder, theirs = published
    ours = build_vision_encoder(of_folder(config.model, folder), None, load_weights=True)
    assert torch.equal(ours.blocks[1].mlp.fc1.weight, theirs.blocks[1].mlp.fc1.weight) and len(ours.blocks) == 2
    assert torch.equal(ours.positions, resize_positions(theirs.pos_embed, 36))


def test_a_saved_model_needs_neither_the_hub_nor_the_folder_that_its_encoder_came_from(config, published, tmp_path):
    folder, _ = published
    params = of_folder(config.model, folder)
    described = config.model_copy(update={"model": params, "vision": architecture(params.vision_encoder)})
    learner = pretraining_learner(described, dict.fromkeys(config.objectives, 1.0), seed=0, load_encoders=True)
    save_model(tmp_path / "model", described, learner.state_dict(), tmp_path, "")
    shutil.rmtree(folder)
    again = saved_learner(load_config(tmp_path / "model"))
    fill(again, load_weights(tmp_path / "model"))
    assert torch.equal(again.backbone.vision.class_token, learner.backbone.vision.class_token)


def test_a_swin_gives_timms_own_features_and_is_pooled_over_all_places(config, batch):
    params = named(config.model, **SWIN)
    swin = config.model_copy(update={"model": params, "objectives": ("mlm", "itm")})
    learner = pretraining_learner(swin, {"mlm": 1.0, "itm": 1.0}, seed=0).eval()
    images = torch.randn(4, 3, 64, 64)
    vision = learner.backbone.vision
    assert torch.equal(vision(images), vision.transformer.forward_features(images).reshape(4, 4, 768))
    fused = learner.backbone.fusion(
        learner.backbone.encode_text(batch.text_ids, batch.text_mask), batch.text_mask.bool(), learner.backbone.encode_image(images)
    )
    pooler = learner.backbone.fusion.image_pooler
    assert torch.allclose(pooler(fused.image), torch.tanh(pooler.dense(fused.image.mean(dim=1))))
    loss = learner(batch._replace(images=images))
    loss.value.backward()
    assert loss.value.isfinite() and vision.transformer.layers[0].blocks[0].mlp.fc1.weight.grad.norm() > 0


def test_a_swins_windows_are_resized_to_the_learners_image_size(config, tmp_path):
    swin = config.model_copy(update={"model": named(config.model, **SWIN), "objectives": ("itm",)})
    small = pretraining_learner(swin, {"itm": 1.0}, seed=0)
    save_model(tmp_path / "model", swin, small.state_dict(), tmp_path, "")
    large = pretraining_learner(swin.at(256, 9), {"itm": 1.0}, seed=1)
    fill(large, load_weights(tmp_path / "model"), part="backbone.")
    last = "transformer.layers.3.blocks.0.attn"
    tables = [learner.backbone.vision.get_submodule(last).relative_position_bias_table for learner in (small, large)]
    assert [len(table) for table in tables] == [3 * 3, 13 * 13]  # windows of 2 and of 7 places
    assert torch.equal(large.backbone.vision.transformer.norm.weight, small.backbone.vision.transformer.norm.weight)


def test_a_swin_cannot_leave_patches_out(config):
    params = named(config.model, **SWIN)
    with pytest.raises(ValueError, match="cannot reconstruct pixels: its windows need every patch"):
        check_vision_encoder(params, reconstructs_pixels=True)
    with pytest.raises(ValueError, match="windows need every patch"):
        build_vision_encoder(params, None, load_weights=False)(torch.zeros(1, 3, 64, 64), torch.tensor([[0]]))
    check_vision_encoder(params, reconstructs_pixels=False)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("resnet18", "vision_encoder = 'resnet18' cannot be used .*give the name of a timm vision transformer with a class token"),
        ("vit_base_patch16_siglip_224", "no class token, or no learned positions"),
        ("vit_tinny_patch16_224", "Unknown model"),
        ("local-dir:/nowhere", "Config file not found"),
    ],
)
def test_what_is_no_vision_transformer_is_refused_with_a_remedy(config, name, message):
    with pytest.raises(OSError, match=message):
        check_vision_encoder(named(config.model, vision_encoder=name), reconstructs_pixels=True)


def test_openais_weights_under_another_activation_are_refused(config):
    with pytest.raises(ValueError, match="trained with QuickGELU; name the same model with `quickgelu`"):
        check_vision_encoder(named(config.model, vision_encoder="vit_base_patch16_clip_224.openai"), reconstructs_pixels=True)


def test_sizes_that_are_not_the_encoders_are_named(config):
    with pytest.raises(ValueError, match=r"sizes that are given: vision_width 16 \(it has 192\).*patch_px 8 \(it has 16\)"):
        check_vision_encoder(named(config.model, vision_encoder="vit_tiny_patch16_224"), reconstructs_pixels=True)
