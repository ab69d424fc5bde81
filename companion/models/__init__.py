"""Architectures: the small networks of the chapters, and tables of shapes, parameters and receptive fields."""

from companion.models.networks import BasicBlock, Residual, convnet, lenet, mlp
from companion.models.tables import ALEXNET, Conv, Dense, Pool, Row, layer_table, receptive_field

__all__ = [
    "ALEXNET",
    "BasicBlock",
    "Conv",
    "Dense",
    "Pool",
    "Residual",
    "Row",
    "convnet",
    "layer_table",
    "lenet",
    "mlp",
    "receptive_field",
]
