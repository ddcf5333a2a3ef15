"""Stage `report`: metrics, curves and pictures of a run -> one HTML page, the README's table and a summary."""

from argparse import ArgumentParser
from pathlib import Path

from m3ae.jsonfile import write_json
from m3ae.params import StageParams
from m3ae.report.page import Inputs, write_report


class Params(StageParams):
    """What the page looks for (`tasks`, `seeds`) and what it shows of the run's settings."""

    scale: str
    seed: int
    seeds: tuple[int, ...]
    releases: str
    pretrained: str
    pretrain_releases: tuple[str, ...]
    tasks: tuple[str, ...]
    answers: str
    licenses: tuple[str, ...]
    languages: tuple[str, ...]
    melinda_label: str
    drop_leaks: bool
    mask_ratio: float
    text_mask_ratio: float
    mim_layer: int
    mlm_layer: int
    mim_decoder: str
    mlm_decoder: str
    objectives: dict[str, float]
    views: str
    negatives: str
    words: str


def main(arguments: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__)
    for name in (*Inputs.__dataclass_fields__, "out", "summary"):
        parser.add_argument(f"--{name.replace('_', '-')}", type=Path, required=True)
    paths = vars(parser.parse_args(arguments))
    out, summary = paths.pop("out"), paths.pop("summary")
    write_json(summary, write_report(Inputs(**paths), Params.read(Path("params.yaml")).model_dump(), out))
    print(f"report: {(out / 'index.html').resolve()}")


if __name__ == "__main__":
    main()
