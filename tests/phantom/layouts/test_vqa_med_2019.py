from m3ae.phantom.latent import Finding, Latent
from m3ae.phantom.layouts.vqa_med_2019 import answers_of

TRAIN = "vqa_med_2019/ImageClef-2019-VQA-Med-Training"


def test_the_category_files_hold_all_pairs(releases):
    everything = (releases / TRAIN / "All_QA_Pairs_train.txt").read_text().splitlines()
    parts = [line for path in (releases / TRAIN / "QAPairsByCategory").iterdir() for line in path.read_text().splitlines()]
    assert sorted(parts) == sorted(everything)
    assert all((releases / TRAIN / "Train_images" / f"{line.split('|')[0]}.jpg").is_file() for line in everything)


def test_the_test_references_have_a_category(releases):
    lines = (releases / "vqa_med_2019/VQAMed2019Test/VQAMed2019_Test_Questions_w_Ref_Answers.txt").read_text().splitlines()
    assert {line.split("|")[1] for line in lines} <= {"modality", "plane", "organ", "abnormality"}
    assert all(len(line.split("|")) == 4 for line in lines)


def test_two_findings_are_alternative_answers():
    found = (Finding("cyst", 1, "small", 0, 0), Finding("abscess", 1, "large", 1, 1))
    assert answers_of(Latent("ct", "unenhanced", "brain", "axial", found, False, ""))["abnormality"] == "cyst#abscess"
