import pytest

from m3ae.protocol import answer_source, drops_leaks


@pytest.mark.parametrize(("protocol", "answers", "drops"), [("strict", "train", True), ("paper", "all", False)])
def test_a_protocol_decides_and_what_is_asked_for_by_name_goes_before_it(protocol, answers, drops):
    assert (answer_source(protocol, "by_protocol"), drops_leaks(protocol, "by_protocol")) == (answers, drops)
    assert (answer_source(protocol, "all"), answer_source(protocol, "train")) == ("all", "train")
    assert (drops_leaks(protocol, True), drops_leaks(protocol, False)) == (True, False)
