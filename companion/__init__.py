"""Reference implementations of *Machine Learning, Checked*: every algorithm from scratch, in NumPy."""
