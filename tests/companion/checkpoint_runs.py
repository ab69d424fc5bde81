"""Runs for the tests of checkpoints: everything that a run has, made anew from a seed."""

import numpy as np

from companion import nn, optim, training
from companion.checkpoints import save_checkpoint
from companion.nn import functional as F
from companion.optim import lr_scheduler, swa_utils

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 8))
Y = (X[:, :3] + 0.5 * RNG.normal(size=(60, 3))).argmax(axis=1)


def build(seed=0, dropout=0.2):
    return nn.Sequential(
        nn.Linear(8, 6, rng=seed),
        nn.BatchNorm1d(6),
        nn.ReLU(),
        nn.Dropout(dropout, rng=seed + 1),
        nn.Linear(6, 3, rng=seed + 2),
    )


def loaders(seed=0):
    train = training.TensorDataset(X[:40], Y[:40])
    return (
        training.DataLoader(train, 15, shuffle=True, rng=seed),
        training.DataLoader(training.TensorDataset(X[40:], Y[40:]), 20),
    )


def exact(value):
    """Everything of a state, so that two are equal only if every bit is."""
    if isinstance(value, dict):
        return {str(key): exact(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [exact(item) for item in value]
    if isinstance(value, (np.ndarray, np.generic)):
        return str(np.asarray(value).dtype), np.shape(value), np.asarray(value).tobytes()
    return repr(value)


def sequential(optimizer):
    parts = [lr_scheduler.LinearLR(optimizer, 0.3, total_iters=2), lr_scheduler.CosineAnnealingLR(optimizer, 3)]
    return lr_scheduler.SequentialLR(optimizer, parts, [2])


SCHEDULES = {
    "none": lambda optimizer: None,
    "LambdaLR": lambda optimizer: lr_scheduler.LambdaLR(optimizer, lambda t: 1 / (1 + t)),
    "StepLR": lambda optimizer: lr_scheduler.StepLR(optimizer, 2, 0.5),
    "LinearLR": lambda optimizer: lr_scheduler.LinearLR(optimizer, 0.1, total_iters=4),
    "CosineAnnealingLR": lambda optimizer: lr_scheduler.CosineAnnealingLR(optimizer, 5, 1e-4),
    "SequentialLR": sequential,
    "OneCycleLR": lambda optimizer: lr_scheduler.OneCycleLR(optimizer, 0.1, 6),
    "OneCycleLR by batches": lambda optimizer: lr_scheduler.OneCycleLR(optimizer, 0.1, 18, anneal_strategy="linear"),
    "ReduceLROnPlateau": lambda optimizer: lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=0),
}
OPTIMIZERS = {
    "SGD": lambda ps: optim.SGD(ps, lr=0.3, momentum=0.9),
    "Adagrad": lambda ps: optim.Adagrad(ps, lr=0.1, lr_decay=0.1),
    "RMSprop": lambda ps: optim.RMSprop(ps, lr=0.02, centered=True, momentum=0.5),
    "Adam": lambda ps: optim.Adam(ps, lr=np.float32(0.05), amsgrad=True),
    "AdamW": lambda ps: optim.AdamW(ps, lr=0.1),
}


class Run:
    """Everything of a run, made anew, with other weights and random numbers for another seed."""

    def __init__(self, schedule, optimizer, seed=0, patience=2):
        self.model, (self.train, self.valid) = build(seed), loaders(seed)
        self.optimizer = OPTIMIZERS[optimizer](self.model.parameters())
        self.average = swa_utils.AveragedModel(self.model, avg_fn=swa_utils.get_ema_avg_fn(0.7))
        self.schedule, self.patience = SCHEDULES[schedule](self.optimizer), patience
        self.place = "batch_scheduler" if "batches" in schedule else "scheduler"
        self.parts = {"loader": self.train, "average": self.average}
        self.parts |= {"schedule": self.schedule} if self.schedule else {}

    def fit(self, epochs, history=None, path=None):
        save = lambda epoch, model, history: save_checkpoint(  # noqa: E731
            f"{path}-{epoch}", model, self.optimizer, history=history, epoch=epoch, **self.parts
        )
        self.history = training.fit(
            self.model,
            F.cross_entropy,
            self.optimizer,
            self.train,
            epochs=epochs,
            valid_loader=self.valid,
            metrics={"accuracy": training.accuracy},
            patience=self.patience,
            average=self.average,
            history=history,
            callback=save if path else None,
            **{self.place: self.schedule},
        )
        return self

    def state(self):
        parts = [part.state_dict() for part in self.parts.values()]
        dropout = training.generator_state(self.model[3].rng)
        return exact([self.model.state_dict(), self.optimizer.state_dict(), self.history.state_dict(), parts, dropout])
