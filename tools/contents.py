"""The table of contents: its files in reading order, the chapters that are written, and the titles of all."""

from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = "book/notebooks/"

TITLES = {
    "01-history": "History",
    "02-framing": "Framing",
    "03-data": "Data",
    "04-linear-models": "Linear models",
    "05-losses": "Losses",
    "06-optimization": "Optimization",
    "07-generalization": "Generalization",
    "08-svm": "Support vector machines",
    "09-clustering": "Clustering",
    "10-dimensionality-reduction": "Dimensionality reduction",
    "11-neural-networks": "Neural networks",
    "12-cnn": "Convolutional networks",
    "13-sequence-models": "Sequence models",
    "14-generative-models": "Generative models",
    "15-ssl": "Self-supervised learning",
    "16-reinforcement-learning": "Reinforcement learning",
    "17-uncertainty": "Uncertainty",
    "18-evaluation": "Evaluation",
    "19-diagnosis": "Diagnosis",
    "20-frontiers": "Frontiers",
    "21-scaling-out": "Scaling out",
    "22-linear-algebra": "Linear algebra",
    "23-probability": "Probability",
    "24-convexity": "Convexity",
}


def files(path=ROOT / "_toc.yml"):
    """All files after the first page, in reading order, such as ``book/notebooks/05-losses/1-numbers``."""
    toc = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    chapters = [chapter for part in toc["parts"] for chapter in part["chapters"]]
    return [entry["file"] for chapter in chapters for entry in [chapter, *chapter.get("sections", [])]]


def chapters(path=ROOT / "_toc.yml"):
    """The pages of each written chapter: ``{"05-losses": ["1-numbers", "2-classes"]}``."""
    pages = {}
    for file in files(path):
        if file.startswith(NOTEBOOKS):
            slug, page = file.removeprefix(NOTEBOOKS).split("/")
            pages.setdefault(slug, []).append(page)
    return pages
