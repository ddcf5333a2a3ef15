from m3ae.pretrain.spikes import LEAST_KNOWN, NUM_RECENT, Spikes, told


def after(losses: list[float]) -> Spikes:
    spikes = Spikes()
    assert all(spikes.notice(loss) is None for loss in losses)
    return spikes


def test_a_jump_is_noticed_and_counted():
    spikes = after([2.0, 3.0, 4.0] * 10)
    assert spikes.notice(4.6) == 3.0 and spikes.count == 1
    assert spikes.notice(4.4) is None and spikes.count == 1


def test_a_falling_loss_and_the_first_steps_are_no_spikes():
    after([100.0 * 0.98**step for step in range(300)])
    after([1.0] * (LEAST_KNOWN - 1) + [50.0])


def test_what_stays_high_is_usual_after_a_while():
    spikes = after([1.0] * NUM_RECENT)
    assert [spikes.notice(3.0) is not None for _ in range(NUM_RECENT)] == [True] * 25 + [False] * 25


def test_a_spike_names_its_pairs_and_not_too_many():
    line = told(7, 9.0, 3.0, [f"roco {number}" for number in range(20)])
    assert line.startswith("step 7: the loss jumped to 9.000, from a median of 3.000") and line.endswith("roco 15 and 4 more")
