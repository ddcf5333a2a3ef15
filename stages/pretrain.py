"""pretrain: reconstruct hidden words and pixels, match images with texts. Start it under torchrun or deepspeed."""

import argparse
import os
from pathlib import Path

from m3ae.model.params import Decoder, Layer, ModelParams, Negatives, ObjectiveWeights, Ratio, Seed, Views, Words
from m3ae.params import StageParams
from m3ae.training.launch import join
from m3ae.training.params import DeepSpeedParams, PretrainParams
from m3ae.training.run import PretrainPaths, run
from m3ae.training.watch import watched


class Params(StageParams):
    mask_ratio: Ratio
    text_mask_ratio: Ratio
    mim_layer: Layer
    mlm_layer: Layer
    mim_decoder: Decoder
    mlm_decoder: Decoder
    objectives: ObjectiveWeights
    views: Views
    negatives: Negatives
    words: Words
    seed: Seed
    pretrain_releases: tuple[str, ...]
    model: ModelParams
    deepspeed: DeepSpeedParams
    pretrain: PretrainParams


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in PretrainPaths._fields:
        parser.add_argument(f"--{name.replace('_', '-')}", type=Path, required=True)
    parser.add_argument("--local_rank", type=int, help="given by the deepspeed launcher; the environment says the same")
    parser.add_argument("--resume", type=Path, default=os.environ.get("M3AE_RESUME"), help="a folder of .state that lies elsewhere")
    args = parser.parse_args()
    params = Params.read(Path("params.yaml"))

    join()
    with watched():
        run(params, PretrainPaths(**{name: getattr(args, name) for name in PretrainPaths._fields}), args.resume)


if __name__ == "__main__":
    main()
