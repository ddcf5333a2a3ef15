"""What a word is where blanks part words, and where they do not."""

import pytest

from m3ae.words import num_words, says_something


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("胸部正位片显示右肺下叶斑片状高密度影，考虑肺炎。", 22),
        ("両側肺野に異常陰影を認めない。心拡大なし。", 19),
        ("カーテン", 3),  # the bar belongs to the sound before it
        ("ปอดบวม", 6),
        ("ที่นี่", 2),  # vowel and tone marks belong to their letter
        ("ປອດ", 3),
        ("សួត", 2),
        ("အဆုတ်", 3),
        ("T2加权像", 4),
        ("MRI 検査、異常なし。", 7),
        ("「肺」 – “炎”", 2),
    ],
)
def test_a_character_of_a_script_without_blanks_is_a_word(text, count):
    assert num_words(text) == count


@pytest.mark.parametrize("text", ["Axial CT , chest", "폐렴 소견", "рентген лёгких – норма", "छाती का एक्स-रे", "", " "])
def test_elsewhere_words_are_what_blanks_part(text):
    assert num_words(text) == len(text.split())


@pytest.mark.parametrize("text", ["–", "“", "”", "°", "×", "。", "，", "、", "…", "±", "→", "(", "_", " ", "", "\u26a0\ufe0f", "€"])
def test_punctuation_signs_and_pictures_say_nothing(text):
    assert not says_something(text)


@pytest.mark.parametrize("text", ["a", "5", "é", "µ", "²", "肺", "ก", "ิ", "β-", "½", "ー"])
def test_letters_digits_and_their_marks_say_something(text):
    assert says_something(text)


def test_of_ascii_letters_and_digits_alone_say_something():
    assert [says_something(chr(code)) for code in range(128)] == [chr(code).isalnum() for code in range(128)]
