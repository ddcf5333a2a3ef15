import json
from pathlib import Path

import pytest

from m3ae.ask.opened import AskError
from m3ae.ask.requests import Request, requests


def test_lines_give_requests_whose_images_lie_beside_the_file(tmp_path):
    lines = tmp_path / "asked.jsonl"
    lines.write_text(json.dumps({"image": "a.png", "question": "is it", "id": 7}) + "\n\n")
    assert requests(lines, None, "question") == [Request(tmp_path / "a.png", "is it", {"image": "a.png", "question": "is it", "id": 7})]


@pytest.mark.parametrize("line", ["{", "[]", '{"image": "a.png"}', '{"image": 3, "question": "is it"}', '"text"'])
def test_a_line_that_is_no_request_is_named(tmp_path, line):
    lines = tmp_path / "asked.jsonl"
    lines.write_text('{"image": "a.png", "question": "is it"}\n' + line)
    with pytest.raises(AskError, match=r"asked\.jsonl: line 2: not a JSON object"):
        requests(lines, None, "question")


def test_a_folder_gives_one_request_an_image_and_needs_a_text(images):
    assert [request.image for request in requests(images[0].parent, "is it", "question")] == images
    with pytest.raises(AskError, match="no question; give one"):
        requests(images[0].parent, None, "question")


def test_a_text_beside_lines_that_hold_their_own_is_refused():
    with pytest.raises(AskError, match="its lines hold a question each"):
        requests(Path("asked.jsonl"), "is it", "question")
