"""What every model card says."""

INTENDED_USE = """## Intended use

Research on vision-and-language models of medical images: answering questions, matching images with texts, features. The method is
M3AE's; the weights were trained from the data named below.
"""

LIMITS = """## Limits

**Not for clinical use.** Nobody has tested this model on patients. It knows the kinds of images and the words of its training data alone,
and gives an answer to every question, with a score that is not calibrated. A model that answers chooses from the fixed list in
`config.json` (`id2label`); it cannot say that none of these is right.
"""

LOADING = """## How to load it

The folder carries its own code, `modeling_m3ae.py`, where it says so in `config.json` (`auto_map`); it needs torch, transformers, timm and
pydantic. With the package m3ae-dvc installed, `import m3ae.hub` stands for `trust_remote_code=True`.

```python
from PIL import Image
from transformers import AutoModel, AutoProcessor

model = AutoModel.from_pretrained(folder, trust_remote_code=True)
processor = AutoProcessor.from_pretrained(folder, trust_remote_code=True)
said = model(**processor([Image.open("image.png")], ["Is there an effusion?"]))
print(model.config.id2label[int(said.logits[0].argmax())])
```
"""

CITATION = """## Citation

```bibtex
@inproceedings{chen2022m3ae,
  title = {Multi-Modal Masked Autoencoders for Medical Vision-and-Language Pre-Training},
  author = {Chen, Zhihong and Du, Yuhao and Hu, Jinpeng and Liu, Yang and Li, Guanbin and Wan, Xiang and Chang, Tsung-Hui},
  booktitle = {Medical Image Computing and Computer Assisted Intervention -- MICCAI 2022},
  year = {2022},
  eprint = {2209.07098},
  archivePrefix = {arXiv}
}
```
"""
