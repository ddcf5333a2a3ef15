from dataclasses import replace

import polars

from m3ae.report.confusion import NUM_CLASSES, OTHER, confusion, pairs, write_pairs


def table(*rows):
    """Rows of (true answers, prediction)."""
    return polars.DataFrame(
        [{"truth": list(truth), "prediction": given, "score": float(given in truth)} for truth, given in rows],
        schema={"truth": polars.List(polars.String), "prediction": polars.String, "score": polars.Float64},
    )


def test_each_true_answer_is_counted_beside_what_was_given():
    found = confusion(pairs(table((["ct"], "ct"), (["ct"], "mr"), (["ct"], "ct"), (["mr"], "ct"))))
    assert found.classes == ("ct", "mr") and found.counts == ((2, 1), (1, 0)) and found.share(0, 0) == 2 / 3


def test_of_several_right_answers_the_one_that_was_given_is_the_true_one():
    both = pairs(table((["left", "right"], "right"), (["left", "right"], "up")))
    assert both["actual"].to_list() == ["right", "left"]


def test_rare_answers_stand_together():
    frequent = [([f"class {number}"], f"class {number}") for number in range(NUM_CLASSES)] * 2
    found = confusion(pairs(table(*frequent, (["rare"], "class 0"), (["class 1"], "never true"), ([], "class 2"))))
    assert found.classes[-1] == OTHER and len(found.classes) == NUM_CLASSES + 1
    given = {name: dict(zip(found.classes, row, strict=True)) for name, row in zip(found.classes, found.counts, strict=True)}
    assert given[OTHER]["class 0"] == given["class 1"][OTHER] == given[OTHER]["class 2"] == 1 and given["class 3"]["class 3"] == 2


def test_a_file_has_a_line_a_row_as_dvc_reads_it(run, asked, tmp_path):
    rows = table((["ct"], "ct"), (["ct, with contrast"], "ct")).with_columns(best_scores=polars.lit([1.0]))
    rows.write_parquet(run.predictions("vqa_rad", 0))
    write_pairs(run, replace(asked, tasks=("vqa_rad", "roco_retrieval"), seeds=(0,)), tmp_path / "new")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["vqa_rad.csv"]  # retrieval gives no answers
    assert (tmp_path / "new" / "vqa_rad.csv").read_text().splitlines() == ["actual,predicted", "ct,ct", '"ct, with contrast",ct']
