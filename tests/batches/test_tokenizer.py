import pytest
import torch
from tokenizers import Tokenizer as Words
from tokenizers.models import WordPiece
from transformers import PreTrainedTokenizerFast

from m3ae.batches.masking import NO_WORD
from m3ae.batches.tokenizer import Tokenizer, fetch, train

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
