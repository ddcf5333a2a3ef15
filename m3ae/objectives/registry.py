"""The objectives of pre-training: one entry each, in the order in which their weights are drawn.

Entries name their classes, as a package's entry points do, so that `check` can ask for the names without loading torch.
"""

OBJECTIVES = {
    "mlm": "m3ae.objectives.mlm:MaskedLanguageModelling",
    "mim": "m3ae.objectives.mim:MaskedImageModelling",
    "itm": "m3ae.objectives.itm:ImageTextMatching",
}
