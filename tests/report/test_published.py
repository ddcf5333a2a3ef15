from m3ae.report.benchmark import BENCHMARK
from m3ae.report.published import LABELS, NOTES, PUBLISHED


def test_every_number_from_the_paper_but_one_is_marked_as_from_memory():
    checked = [(entry.name, score) for entry in BENCHMARK for score, quoted in entry.published.paper.items() if not quoted.from_memory]
    assert checked == [("vqa_rad", "closed")]


def test_every_score_has_a_label_and_every_note_a_text():
    assert all(score in LABELS for entry in BENCHMARK for score in (*entry.scores, *entry.published.paper, *entry.published.released))
    assert all(note in NOTES for entry in BENCHMARK for note in entry.published.notes)


def test_everything_published_is_of_a_task_that_the_benchmark_shows():
    assert PUBLISHED.keys() <= {entry.name for entry in BENCHMARK}


def test_the_papers_recalls_stand_under_their_direction():
    zero_shot = BENCHMARK[-1].published.paper
    assert [zero_shot[score].value for score in ("text_to_image.r1", "image_to_text.r1", "image_to_text.r10")] == [19.05, 19.10, 61.20]
