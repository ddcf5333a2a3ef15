from collections import defaultdict

from m3ae.phantom.latent import KINDS, draw_latent, generator
from m3ae.phantom.questions import MODALITY_NAMES, method_labels, questions


def asked(num: int = 2000):
    for index in range(num):
        latent = draw_latent(generator(21, index))
        yield from ((latent, question) for question in questions(latent, 5, generator(22, index)))


def test_yes_and_no_balance_whatever_is_asked():
    answers = defaultdict(list)
    for _, question in asked():
        if question.closed:
            answers[question.topic].append(question.answer == "yes")
    assert set(answers) == {"presence", "side", "size", "count", "modality", "plane", "organ", "device"}
    assert all(0.42 < sum(said) / len(said) < 0.58 for said in answers.values())


def test_a_kind_in_the_question_does_not_tell_its_answer():
    answers = defaultdict(list)
    for _, question in asked():
        if question.topic == "presence":
            answers[question.words.split(" a ")[1].rstrip("?").removesuffix(" present")].append(question.answer == "yes")
    assert len(answers) == len(KINDS)
    assert all(0.35 < sum(said) / len(said) < 0.65 for said in answers.values())


def test_open_and_closed_questions_are_about_as_many():
    closed = [question.closed for _, question in asked(300)]
    assert 0.4 < sum(closed) / len(closed) < 0.6


def test_answers_agree_with_the_record():
    for latent, question in asked(300):
        if question.topic == "modality" and not question.closed:
            assert question.answer == MODALITY_NAMES[latent.modality]
        if question.topic == "presence":
            assert (question.answer == "yes") == any(finding.kind in question.words for finding in latent.findings)
        if question.topic == "count" and not question.closed:
            assert question.answer == str(sum(finding.count for finding in latent.findings))


def test_no_question_is_asked_twice_of_an_image():
    for index in range(100):
        drawn = questions(draw_latent(generator(23, index)), 5, generator(24, index))
        assert len({question.words for question in drawn}) == len(drawn) == 5


def test_there_are_seven_method_classes():
    labels = [method_labels(draw_latent(generator(25, index))) for index in range(400)]
    assert len({row["p_meth_label"] for row in labels}) == 7
    assert len({row["i_meth_label"] for row in labels}) == len(KINDS) + 1  # or no lesion
