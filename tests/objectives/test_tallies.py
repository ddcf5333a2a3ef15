import torch

from m3ae.objectives.tallies import Tallies, tally


def test_tallies_add_up_over_batches_of_different_size():
    tallies = Tallies(["loss"])
    tallies.add(tally(torch.tensor([1.0, 2.0, 3.0]))[None])
    tallies.add(tally(torch.tensor([10.0]))[None])
    assert tallies.means() == {"loss": 4.0}


def test_zeros_that_do_not_count_are_not_counted():
    assert tally(torch.tensor([1.0, 2.0, 0.0]), torch.tensor(2)).tolist() == [3, 2]


def test_what_was_never_counted_has_no_mean():
    tallies = Tallies(["loss", "accuracy"])
    tallies.add(torch.tensor([[4.0, 2.0], [0.0, 0.0]]))
    assert tallies.means() == {"loss": 2.0}
