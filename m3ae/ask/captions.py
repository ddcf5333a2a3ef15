"""The captions that pre-training read, nearest to an image first. Shapes: I images, H fusion width."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import normalize

from m3ae.ask.files import in_batches
from m3ae.ask.index import ENCODED_AT_ONCE, encoded, place_of_index, read, write
from m3ae.ask.opened import Opened
from m3ae.ask.search import Hit, search_texts
from m3ae.batches.excluded import Excluded
from m3ae.disk.sealed import sealed
from m3ae.shards.read import Shards, open_split

VECTORS = "vectors"
RERANKED = 64  # images whose captions the fusion reads


class Captions(NamedTuple):
    """Each training image's caption and vector: the mean of its tokens before the fusion, of length 1."""

    texts: list[str]
    vectors: Tensor  # (I, H)


def captions_of(model: Opened, folders: Sequence[Path], excluded: Excluded) -> Captions:
    """Return the captions of the training rows in folders of shards, without the images that pre-training left out.

    Every image is encoded once: the vectors are kept in the user's cache until the shards, what is left out, or the model change.
    Raises `FileError` where there are no shards, or changed ones.
    """
    splits = [open_split(folder, "train") for folder in folders]
    rows = [(shards, number) for shards in splits for number in captioned(shards, excluded)]
    digests = [[str(shards.folder), shards.column("image_id").to_pylist()] for shards in splits]
    left_out = {release: sorted(ids) for release, ids in excluded.items()}
    place = place_of_index(model, sealed({"shards": digests, "excluded": left_out})["digest"])
    kept = read(place)
    if VECTORS not in kept:
        kept = {VECTORS: vectors_of(model, rows)}
        write(place, kept)
    return Captions([shards.row(number)["texts"][0] for shards, number in rows], kept[VECTORS].to(model.device))


def captioned(shards: Shards, excluded: Excluded) -> list[int]:
    """Return the numbers of the rows that have a caption and that pre-training read."""
    has_caption = shards.column("has_caption").to_pylist()
    return [number for number in shards.rows_without(excluded.get(shards.folder.name, frozenset())).tolist() if has_caption[number]]


def vectors_of(model: Opened, rows: Sequence[tuple[Shards, int]]) -> Tensor:
    """Return the vectors of rows' images (I, H), on the CPU."""

    def work(batch: list[tuple[Shards, int]]) -> Tensor:
        return vectors(model, [shards.pixels(number) for shards, number in batch])

    # None is unread: what a shard holds was decoded once.
    found: list[Any] = [vector for _, vector in in_batches(list(rows), ENCODED_AT_ONCE, work, "training image")]
    return torch.stack(found) if found else torch.empty(0, model.config.model.fusion_width)


def vectors(model: Opened, images: Sequence[Any]) -> Tensor:
    return normalize(encoded(model, images).mean(dim=1), dim=1)


def nearest_captions(model: Opened, captions: Captions, image: Any, num_best: int) -> list[Hit]:
    """Return the captions that suit an image best, among those of the training images whose vectors are nearest to its own."""
    similarity = captions.vectors @ vectors(model, [image])[0].to(model.device)
    nearest = similarity.topk(min(RERANKED, len(captions.texts))).indices.tolist()
    return search_texts(model, image, [captions.texts[place] for place in nearest], num_best)
