"""What theorems say about a network of one's own: measured with enclosures, nothing judged."""

from workbench.own_network.own_file import OwnFileError, dataset, model_of
from workbench.own_network.plstar import Answer, answer
from workbench.own_network.premises import Premise, premises

__all__ = ["Answer", "OwnFileError", "Premise", "answer", "dataset", "model_of", "premises"]
