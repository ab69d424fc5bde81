"""Many classes from a classifier of two: one against the rest, and one against one (``sklearn.multiclass``)."""

from companion.multiclass.classifiers import OneVsOneClassifier, OneVsRestClassifier, one_vs_one_scores
from companion.multiclass.labels import LabelBinarizer

__all__ = ["LabelBinarizer", "OneVsOneClassifier", "OneVsRestClassifier", "one_vs_one_scores"]
