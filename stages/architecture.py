"""architecture: what a model folder says of the model without its weights and its pre-training: sizes and tokenizer.

Its output stays the same while an ablation changes masking, layers, decoders or objectives, so that `baseline` is not run again.
"""

import argparse
from pathlib import Path

from m3ae.disk.folders import disk_errors_reported
from m3ae.model.config import load_config, save_config
from m3ae.model.tokenizer_files import copy_tokenizer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("pretrained", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    args = parser.parse_args()

    with disk_errors_reported(args.out):
        save_config(args.out, load_config(args.pretrained).without_pretraining())
        copy_tokenizer(args.pretrained, args.out)


if __name__ == "__main__":
    main()
