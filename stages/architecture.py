"""architecture: what a model folder says of the model without its weights and its pre-training: sizes and tokenizer.

Its output stays the same while an ablation changes masking, layers, decoders or objectives, so that `baseline` is not run again.
"""

import argparse
from pathlib import Path

from m3ae.model.config import load_config, save_config
from m3ae.model.tokenizer_files import copy_tokenizer
from m3ae.params import StageParams


class Params(StageParams):
    pretrained: Path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    out = parser.parse_args().out
    pretrained = Params.read(Path("params.yaml")).pretrained

    save_config(out, load_config(pretrained).without_pretraining())
    copy_tokenizer(pretrained, out)


if __name__ == "__main__":
    main()
