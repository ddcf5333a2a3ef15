from m3ae.progress import MINUTE, bar, followed


def test_what_is_done_within_a_minute_leaves_no_line(capsys):
    assert list(followed(range(5), "leaks", "pair", 5)) == [0, 1, 2, 3, 4]
    assert capsys.readouterr().err == ""


def test_a_log_file_has_a_line_a_minute_with_count_speed_and_time_left(monkeypatch, capsys):
    now = [1000.0]
    monkeypatch.setattr("tqdm.std.time", lambda: now[0])
    with bar("pre-training", "step", 100) as steps:
        for _ in range(50):
            now[0] += MINUTE / 20
            steps.set_postfix(loss="1.5", refresh=False)
            steps.update()
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2 and all("loss=1.5" in line and "step" in line and "\r" not in line for line in lines)
    assert "20/100 [01:00<04:00" in lines[0] and "40/100 [02:00<03:00" in lines[1]


def test_of_several_processes_the_others_say_nothing(capsys):
    with bar("testing", "batch", 2, shown=False) as batches:
        batches.display()
    assert capsys.readouterr().err == ""
