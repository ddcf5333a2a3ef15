"""The two protocols, declared once: what training and the choice of an epoch may know of the rows that are tested.

| | `strict` | `paper`, as the authors did it |
|---|---|---|
| answers that a model may give | those of the training file | those of every split |
| epoch, where no validation split was published (VQA-RAD) | chosen on held-out training images | chosen on the test rows |
| training rows that a test row repeats word for word (VQA-RAD: 14 of 451) | left out | kept |
| ROCO's test pairs | of the test split | of the validation split, and the epoch is chosen on them |
| pre-training images that a validation or test split shows | left out | kept |
"""

from typing import Literal

Protocol = Literal["strict", "paper"]
AnswerSource = Literal["by_protocol", "all", "train"]  # answers of every split, or of the training file alone
DropLeaks = bool | Literal["by_protocol"]


def answer_source(protocol: Protocol, asked: AnswerSource) -> Literal["all", "train"]:
    if asked == "by_protocol":
        return "train" if protocol == "strict" else "all"
    return asked


def drops_leaks(protocol: Protocol, asked: DropLeaks) -> bool:
    return protocol == "strict" if asked == "by_protocol" else asked
