"""What is loaded before any test runs."""

import atexit
import os
import shutil
import tempfile

import torch

# Runs that tests start must not take the place of the user's last run.
_storage = tempfile.mkdtemp(prefix="provably-tests-")
os.environ["PROVABLY_STORAGE"] = _storage
atexit.register(shutil.rmtree, _storage, ignore_errors=True)

# The first comparison and the first Jacobian load half of torch. Within a test it would meet the
# modules of other folders that tests put into sys.modules, and fail halfway.
torch.testing.assert_close(torch.func.jacrev(torch.sin)(torch.zeros(1)), torch.ones(1, 1))
