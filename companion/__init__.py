"""Reference implementations of *Machine Learning, Checked*: every algorithm from scratch, in NumPy.

As in scikit-learn: ``linear_model``, ``multiclass``, ``preprocessing``, ``datasets``, ``metrics``. As in torch:
``autograd``, ``nn``, ``optim``. As in SciPy: ``optimize``. Import what you need:
``from companion import nn, optim, training``.
"""

__version__ = "0.2.0"
