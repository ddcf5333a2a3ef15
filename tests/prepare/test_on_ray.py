import pytest

from m3ae.prepare import partitions as module
from m3ae.prepare.on_ray import prepare_on_ray
from m3ae.releases.inventory import take_inventory
from tests.prepare.test_release import choices, digests, run, state_of, with_images


@pytest.mark.filterwarnings("ignore")  # Ray's own
def test_what_ray_makes_is_taken_up_and_is_the_same_bytes(tmp_path, monkeypatch):
    ray = pytest.importorskip("ray", reason="Ray is an optional extra: pip install 'm3ae-dvc[ray]'")
    release = with_images("vqa_rad", tmp_path)
    run("vqa_rad", release, tmp_path / "alone", rows_per_shard=1)
    made = choices(rows_per_shard=1)
    try:
        assert prepare_on_ray("vqa_rad", release, take_inventory(release), made, 3, state_of("vqa_rad", release, made)) == 4
    finally:
        ray.shutdown()
    monkeypatch.setattr(module.PartitionWriter, "write", lambda *_: pytest.fail("made again"))
    run("vqa_rad", release, tmp_path / "out", rows_per_shard=1)
    assert digests(tmp_path / "out") == digests(tmp_path / "alone")


def test_without_ray_the_remedy_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    release = with_images("vqa_rad", tmp_path)
    with pytest.raises(SystemExit, match=r"pip install 'm3ae-dvc\[ray\]'"):
        prepare_on_ray("vqa_rad", release, take_inventory(release), choices(), 3, tmp_path)
