"""What is loaded before any test runs."""

import torch

# The first comparison and the first Jacobian load half of torch. Within a test it would meet the
# modules of other folders that tests put into sys.modules, and fail halfway.
torch.testing.assert_close(torch.func.jacrev(torch.sin)(torch.zeros(1)), torch.ones(1, 1))
