"""Texts are stored without what cannot be seen, and without markup."""

import time

import pytest

from m3ae.prepare.texts import MOST_CHARACTERS, cleaned, long_enough


def test_white_space_is_folded_and_what_is_invisible_goes():
    assert cleaned("\ufeff Axial\u00a0CT \t of\r\nthe\u200b ab\u00addomen\x07 ") == "Axial CT of the abdomen"
    assert cleaned("a \u200b b") == "a b"


def test_a_letter_and_its_accent_become_one_character():
    assert cleaned("ce\u0301re\u0301brale") == "c\u00e9r\u00e9brale"


def test_short_texts_are_dropped_and_the_caption_is_known_to_be_gone():
    assert long_enough(["Axial CT.", "See the arrow in Fig. 1."], 3) == (["See the arrow in Fig. 1."], False)
    assert long_enough(["Axial CT image.", "Fig. 1"], 3) == (["Axial CT image."], True)
    assert long_enough([], 1) == ([], False)
    assert long_enough(["  "], 1) == ([], False)


def test_a_text_that_swallowed_a_file_is_dropped_alone():
    assert long_enough(["Axial CT image.", "word " * MOST_CHARACTERS, "See Fig. 1."], 3) == (["Axial CT image.", "See Fig. 1."], True)


@pytest.mark.parametrize(
    ("published", "stored"),
    [
        ("<italic>Staphylococcus</italic> &amp; <bold>co</bold>", "Staphylococcus & co"),
        ("5 &#x000b5;m, 3 &#181;m, 2&nbsp;mm", "5 µm, 3 µm, 2 mm"),
        ("4 cm<sup>2</sup>, 10<sup>\u22123</sup>, <SUP>18</SUP>F, <sup>99m</sup>Tc", "4 cm², 10⁻³, ¹⁸F, 99mTc"),
        ("T<sub>2</sub>-weighted, CO<sub>2</sub>", "T2-weighted, CO2"),
        ('<xref ref-type="fig" rid="f1">Fig. 1</xref>, <a href="#x">here</a>', "Fig. 1, here"),
        ("<title>Axial CT.</title><p>A mass.</p>one<br/>two<break />three", "Axial CT. A mass. one two three"),
        ('10<sup class = "x" >5</sup> a<br clear="all"/>b<p id="1" >c</p>, <i>d</i > e', "10⁵ a b c , d e"),
        ("p<0.05 and <p a=3", "p<0.05 and <p a=3"),
        ("&lt;sup&gt;2&lt;/sup&gt; &amp;#x000b5;", "² µ"),
    ],
)
def test_markup_becomes_the_character(published, stored):
    assert cleaned(published) == stored


@pytest.mark.parametrize(
    "text", ["p < 0.05 and > 3", "p<0.05", "a <3 mm nodule>", "x<b and c>d", "H&E; AT&T", "R&D; &copy &unknown;", "<image1>", "<- left"]
)
def test_what_is_no_markup_stays(text):
    assert cleaned(text) == text


def test_a_comparison_that_is_written_as_references_is_one():
    assert cleaned("p &lt; 0.05 and &gt; 3") == "p < 0.05 and > 3"


@pytest.mark.parametrize("piece", ["<italic", "<sup>", "<sup> ", "<sup>1 ", "&amp;", "&", "<", "<p ", "<p a=", "amp;", "&#x0", "< "])
def test_a_megabyte_of_broken_markup_takes_seconds(piece):
    def seconds(size: int) -> float:
        start = time.perf_counter()
        cleaned("&" + piece * (size // len(piece)))
        return time.perf_counter() - start

    assert seconds(1_000_000) < 20 * seconds(200_000) + 1  # were it quadratic, it would be hours


def test_scripts_without_blanks_are_texts_of_as_many_words_as_characters():
    texts = ["胸部正位片显示肺炎。", "心拡大なし。", "ปอดปกติ", "肺炎"]
    assert long_enough(texts, 3) == (texts[:3], True)
