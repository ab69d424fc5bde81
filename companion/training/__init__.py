"""Around a model: batches, a loop that fits, early stopping, and a history from which a run can go on."""

from companion.training.batches import DataLoader, TensorDataset, generator_state, set_generator_state
from companion.training.evaluation import accuracy, evaluate, predict
from companion.training.history import EarlyStopping, History
from companion.training.loop import fit, train_epoch, train_step

__all__ = [
    "DataLoader",
    "EarlyStopping",
    "History",
    "TensorDataset",
    "accuracy",
    "evaluate",
    "fit",
    "generator_state",
    "predict",
    "set_generator_state",
    "train_epoch",
    "train_step",
]
