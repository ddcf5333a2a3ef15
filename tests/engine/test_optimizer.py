import pytest

from m3ae.authors.names import authors_name
from m3ae.engine.optimizer import build_optimizer, build_schedule, undecayed_names
from m3ae.objectives.answer import QuestionAnswering
from tests import tiny

RECIPE = tiny.recipe(batch=4, micro_batch=4, head_factor=50, fusion_factor=5, clip_norm=0.0, warmup_share=0.1, steps=100)


def settings_of(learner):
    groups = build_optimizer(learner, RECIPE).param_groups
    found = {id(member): (group["lr"], group["weight_decay"]) for group in groups for member in group["params"]}
    return {name: found[id(parameter)] for name, parameter in learner.named_parameters()}


def test_encoders_fusion_and_heads_have_their_own_learning_rates(learner):
    settings = settings_of(learner)
    rates = {name: settings[name][0] for name in settings}
    assert rates["backbone.vision.patch_embed.proj.weight"] == 1e-3 and rates["backbone.modality.weight"] == 1e-3
    assert rates["backbone.fusion.text_pooler.dense.weight"] == rates["backbone.image_projection.weight"] == pytest.approx(5e-3)
    assert rates["objectives.itm.head.weight"] == pytest.approx(5e-2)


def test_no_bias_and_no_norm_decays_and_all_else_does(learner):
    vectors = {name for name, parameter in learner.named_parameters() if parameter.ndim == 1}  # biases and norms are the only ones
    for name, (_, decay) in settings_of(learner).items():
        assert decay == (0.0 if name in vectors else 0.01), name
    assert "backbone.vision.norm_before.weight" in undecayed_names(learner, "none")


def test_the_authors_norms_decay_where_their_list_of_names_misses_them(learner, config):
    theirs = ("bias", "LayerNorm.weight", "norm.weight", "norm1.weight", "norm2.weight")  # what must not decay, as they list it
    learner.objectives["answer"] = QuestionAnswering(config.model, 3)
    called = {name: authors_name(name, config.model.decoder_depth) for name, _ in learner.named_parameters()}
    expected = {name for name, authors in called.items() if any(part in authors for part in theirs)}
    assert undecayed_names(learner, "authors") == expected < undecayed_names(learner, "none")


def test_the_rate_rises_for_a_tenth_of_the_steps_and_then_falls_to_0(learner):
    optimizer = build_optimizer(learner, RECIPE)
    schedule = build_schedule(optimizer, 100, RECIPE)
    rates = []
    for _ in range(100):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    assert rates[0] == 0 and rates[5] == pytest.approx(5e-4) and rates[10] == pytest.approx(1e-3)
    assert rates[55] == pytest.approx(5e-4) and optimizer.param_groups[0]["lr"] == 0
