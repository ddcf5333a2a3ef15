"""The benchmark of growth runs to its end, and models what it measured."""

import sys

import pytest

from benchmarks import growth


def test_every_part_is_measured_and_modelled(monkeypatch, capsys):
    for name, value in {"NUM_PICTURES": 3, "NUM_ASKED": 12, "NUM_READ": 4}.items():
        monkeypatch.setattr(growth, name, value)
    monkeypatch.setattr(growth, "apart", growth.cost)  # a process each takes longer than all of it
    monkeypatch.setattr(sys, "argv", ["growth", "--rows", "8", "16", "--to", "32", "--dvc"])
    growth.main()
    printed = capsys.readouterr().out
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in printed.splitlines() if line.startswith("|")]
    assert rows[0] == [*growth.COLUMNS, "hours at 32", "GiB at 32"]
    assert [row[0] for row in rows[2::2]] == [*growth.PARTS, "DVC's look at the release"]
    assert all(row[1] == number for row, number in zip(rows[2:], ["8", "16"] * 5, strict=True))
    assert "of a machine with 64 GiB" in printed


@pytest.mark.parametrize(("values", "expected"), [((1, 2), 4), ((1, 4), 16), ((5, 5), 5), ((0, 0), 0)])
def test_a_line_goes_on_as_a_line_a_square_as_a_square_and_what_does_not_grow_stays(values, expected):
    assert growth.extrapolated((10, 20), values, 40) == pytest.approx(expected)


def test_one_number_of_rows_is_refused(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["growth", "--rows", "8"])
    with pytest.raises(SystemExit):
        growth.main()
    assert "two different numbers are needed" in capsys.readouterr().err
