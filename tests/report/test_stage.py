"""The stage script, called as dvc.yaml calls it."""

import json

import yaml

from stages.report import main


def test_the_stage_writes_its_outputs_and_prints_where_the_page_is(run, params, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    values = {name: list(value) if isinstance(value, tuple) else value for name, value in params.items()}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(values))
    paths = vars(run) | {"out": "data/report", "summary": "data/metrics/report.json"}
    main([part for name, path in paths.items() for part in (f"--{name.replace('_', '-')}", str(path))])
    assert capsys.readouterr().out == f"report: {tmp_path / 'data' / 'report' / 'index.html'}\n"
    assert (tmp_path / "data" / "report" / "index.html").is_file()
    summary = json.loads((tmp_path / "data" / "metrics" / "report.json").read_text())
    assert summary["question_answering"]["gain"] == 10.5 and summary["synthetic"] is True
