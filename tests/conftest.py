"""What holds for all tests: on a server, where a run decides, hypothesis tries the same examples every time."""

import os

from hypothesis import settings

settings.register_profile("server", derandomize=True, print_blob=True)
if os.environ.get("CI") == "true":
    settings.load_profile("server")
