import pytest
import torch
from tokenizers import Tokenizer as Words
from tokenizers.models import WordPiece
from transformers import PreTrainedTokenizerFast

from m3ae.batches.masking import NO_WORD, hidden_words
from m3ae.batches.order import generator_for
from m3ae.batches.tokenizer import Lengths, Tokenizer, fetch, measured, train

TEXTS = ["Axial CT of the abdomen.", "Axial T2-weighted MR image of the brain.", "A large left pneumothorax."] * 3


@pytest.fixture
def tokenizer() -> Tokenizer:
    return Tokenizer(train(TEXTS, 320))


def test_any_text_comes_back(tokenizer):
    text = "Émile's pneumothorax, 3 × 4 cm 漢"
    ids = tokenizer([text], 200).ids[0]
    assert tokenizer.fast.decode(ids, skip_special_tokens=True).strip() == text.lower()


def test_pieces_of_a_word_share_its_number(tokenizer):
    tokens = tokenizer(["pneumoperitoneum seen"], 64)
    words = tokens.words[0].tolist()
    assert words[0] == words[-1] == NO_WORD and words.count(0) > 1 and words.count(1) >= 1


def test_a_hyphenated_term_is_one_word(tokenizer):
    words = tokenizer(["fat-suppressed T2-weighted MRI, axial."], 64).words[0]
    assert len(set(words.tolist()) - {NO_WORD}) == 4  # fat-suppressed | T2-weighted | MRI | axial


def test_punctuation_and_special_tokens_are_no_words(tokenizer):
    tokens = tokenizer(["axial, left ."], 64)
    texts = tokenizer.fast.convert_ids_to_tokens(tokens.ids[0])
    outside = {text for text, word in zip(texts, tokens.words[0].tolist(), strict=True) if word == NO_WORD}
    assert outside >= {"<s>", "</s>", ","} and not any(letter.isalpha() for text in outside - {"<s>", "</s>"} for letter in text[1:])


def test_ids_words_and_masks_of_ascii_texts_are_those_that_weights_were_trained_with(tokenizer):
    tokens = tokenizer(['No acute abnormality; "normal" - see Fig. 2_b.'], 64)
    assert tokens.ids[0].tolist() == [
        *(0, 225, 82, 83, 261, 71, 89, 88, 73, 261, 70, 82, 83, 86, 81, 263, 77, 88, 93, 31, 225, 6, 82, 83, 86),
        *(81, 263, 6, 225, 17, 225, 87, 73, 73, 225, 74, 77, 75, 18, 225, 22, 67, 70, 18, 2),
    ]
    assert tokens.words[0].tolist() == [
        *(-1, -1, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, -1, -1, -1, 5, 5, 5),
        *(5, 5, -1, -1, -1, -1, 8, 8, 8, -1, 9, 9, 9, -1, -1, 11, -1, 11, -1, -1),
    ]
    assert hidden_words(tokens.words, 0.15, generator_for(0))[0].nonzero().flatten().tolist() == [2, 3, 40, 42]


def words_in(tokenizer: Tokenizer, text: str) -> list[str]:
    """The characters of each word in turn, by the tokens that hold any of a character's bytes."""
    encoded, words = tokenizer.fast([text], return_tensors="pt"), tokenizer([text], 512).words[0].tolist()
    places: dict[int, set[int]] = {}
    for token, word in enumerate(words):
        if word != NO_WORD:
            places.setdefault(word, set()).update(range(*encoded.token_to_chars(0, token)))
    return ["".join(text[place] for place in sorted(found)).strip() for found in places.values()]


CHINESE = "右肺下叶高密度影，考虑肺炎。"


@pytest.mark.parametrize("trained_on", [["plain"], ["film – lung “opaque”, 5°, 2 × 3 cm 。"], [CHINESE], [CHINESE, "肺炎", "肺"]])
def test_punctuation_beyond_ascii_is_no_word_whatever_its_tokens_hold(trained_on):
    tokenizer = Tokenizer(train(trained_on * 5, 600))
    text = "film – lung “opaque”, 5°, 2 × 3 cm 。"
    assert words_in(tokenizer, text) == ["film", "lung", "opaque", "5", "2", "3", "cm"]


@pytest.mark.parametrize("vocabulary", [300, 340, 600])
def test_a_character_of_a_script_without_blanks_is_masked_whole_and_alone(vocabulary):
    tokenizer = Tokenizer(train(["a plain text"] * 5, vocabulary))
    assert words_in(tokenizer, CHINESE) == list("右肺下叶高密度影考虑肺炎")
    assert words_in(tokenizer, "MRI検査、T2-weighted") == ["MRI", "検", "査", "T2weighted"]
    assert words_in(tokenizer, "ที่นี่") == ["ที่", "นี่"]


@pytest.mark.parametrize("vocabulary", range(262, 300, 3))
def test_tokens_that_share_a_character_share_the_word_and_no_sentence_is_one(vocabulary):
    sentences = ["右肺下叶高密度影考虑肺炎", "左肺下叶低密度影考虑肺炎", "右肺上叶"] * 4
    words = words_in(Tokenizer(train(sentences, vocabulary)), "右肺下叶高密度影")
    assert "".join(words) == "右肺下叶高密度影"  # each character in one word, with all of its bytes
    assert len(words) > 1


def test_an_accented_letter_is_of_its_word_though_its_bytes_are_tokens(tokenizer):
    assert words_in(tokenizer, "lésion cérébrale, 5 µm") == ["lésion", "cérébrale", "5", "µm"]


def test_texts_are_measured_uncut_and_those_over_the_limit_counted(tokenizer):
    lengths = [len(tokenizer.fast(text)["input_ids"]) for text in TEXTS[:3]]
    found = measured(iter(TEXTS), tokenizer.fast, most_tokens=sorted(lengths)[1])
    assert found == Lengths(texts=9, tokens=3 * sum(lengths), longest=max(lengths), cut=3)
    assert measured([], tokenizer.fast, 8) == Lengths(0, 0, 0, 0)


def test_the_authors_words_are_single_tokens_but_for_wordpieces(tokenizer):
    tokens = tokenizer(["pneumoperitoneum, seen"], 64)
    num_tokens = int(tokens.mask.sum())
    assert tokenizer.wordpieces(tokens.ids)[0].tolist() == [NO_WORD, *range(2, num_tokens), NO_WORD]


def test_the_authors_join_a_piece_to_the_token_before_it():
    names = ["[PAD]", "[CLS]", "[SEP]", "[MASK]", "[UNK]", "mass", "pneumo", "##tho", "##rax", ","]
    known = Words(WordPiece({name: number for number, name in enumerate(names)}, unk_token="[UNK]"))
    special = dict(zip(("pad_token", "cls_token", "sep_token", "mask_token", "unk_token"), names, strict=False))
    wordpieces = Tokenizer(PreTrainedTokenizerFast(tokenizer_object=known, **special))
    assert wordpieces.wordpieces(torch.tensor([[1, 5, 6, 7, 8, 9, 2, 0]])).tolist() == [[NO_WORD, 2, 3, 3, 3, 4, NO_WORD, NO_WORD]]


def test_texts_are_cut_and_padded_to_the_longest(tokenizer):
    tokens = tokenizer(["left", "a large left pneumothorax of the brain and the abdomen"], 8)
    assert tokens.ids.shape == (2, 8) and tokens.mask[0].sum() < 8 and tokens.mask[1].sum() == 8
    assert (tokens.words[0][tokens.mask[0] == 0] == NO_WORD).all()


def test_the_longest_text_is_rounded_up_to_a_multiple(tokenizer):
    texts = ["left", "a large left pneumothorax of the brain"]
    plain, rounded = tokenizer(texts, 64), tokenizer(texts, 64, 16)
    longest = plain.ids.shape[1]
    assert longest % 16 and rounded.ids.shape[1] == 16 * -(-longest // 16)
    assert torch.equal(rounded.ids[:, :longest], plain.ids) and not rounded.mask[:, longest:].any()
    assert (rounded.words[:, longest:] == NO_WORD).all()


def test_special_tokens_are_robertas(tokenizer):
    assert (tokenizer.fast.bos_token_id, tokenizer.fast.pad_token_id, tokenizer.fast.eos_token_id) == (0, 1, 2)
    assert tokenizer.mask_id not in tokenizer.ordinary_ids


def test_a_saved_tokenizer_is_the_same_one(tokenizer, tmp_path):
    tokenizer.fast.save_pretrained(tmp_path)
    again = Tokenizer.load(tmp_path)
    assert again(TEXTS, 64).ids.equal(tokenizer(TEXTS, 64).ids) and len(again) == len(tokenizer)


def test_a_tokenizer_that_cannot_be_had_is_named_with_a_remedy(tmp_path):
    with pytest.raises(SystemExit, match="tokenizer.source = .*cannot be loaded.*or 'train'"):
        fetch(str(tmp_path / "nowhere"))
