import pytest

from m3ae.report.benchmark import BENCHMARK
from m3ae.report.published import ANSWERS, LABELS, NOTES, PUBLISHED


@pytest.mark.parametrize(
    ("task", "right", "questions"),
    [("vqa_rad", (1042, 361, 681), (451, 179, 272)), ("slake", (2650, 1554, 1096), (1061, 645, 416))],
)
def test_a_confirmed_number_is_the_mean_of_three_runs_over_the_test_questions(task, right, questions):
    paper = PUBLISHED[task].paper
    assert all(paper[score].confirmed for score in ANSWERS)
    counted = [round(100 * correct / (3 * asked), 2) for correct, asked in zip(right, questions, strict=True)]
    assert [paper[score].value for score in ANSWERS] == pytest.approx(counted, abs=0.011)


def test_vqa_med_2019s_number_is_no_mean_of_three_runs_and_every_number_of_the_other_tasks_is_marked():
    assert 79.87 not in {round(100 * right / 1125, 2) for right in range(1126)}
    others = [quoted for entry in BENCHMARK if entry.name not in ("vqa_rad", "slake") for quoted in entry.published.paper.values()]
    assert len(others) == 14 and not any(quoted.confirmed for quoted in others)


def test_every_score_has_a_label_and_every_note_a_text():
    assert all(score in LABELS for entry in BENCHMARK for score in (*entry.scores, *entry.published.paper, *entry.published.released))
    assert all(note in NOTES for entry in BENCHMARK for note in entry.published.notes)


def test_everything_published_is_of_a_task_that_the_benchmark_shows():
    assert PUBLISHED.keys() <= {entry.name for entry in BENCHMARK}


def test_the_papers_recalls_stand_under_their_direction():
    zero_shot = BENCHMARK[-1].published.paper
    assert [zero_shot[score].value for score in ("text_to_image.r1", "image_to_text.r1", "image_to_text.r10")] == [19.05, 19.10, 61.20]
