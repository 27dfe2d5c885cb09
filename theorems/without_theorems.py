"""Texts that belong to the literature of this catalogue, of which it executes nothing.

Of each the title and the abstract were read, and not the theorems; that there are some which could
be executed is said where it is known. `python -m claims list` shows them with the reason, so that
nobody looks for them in vain.
"""

from claims import not_executable

language_models = not_executable(
    "Malladi, Wettig, Yu, Chen, Arora: A Kernel-Based View of Language Model Fine-Tuning",
    where="arXiv:2210.05643",
    reason="says when fine-tuning stays near a kernel by tensor programs, that is in the limit of "
    "infinite width, and by experiments on pre-trained language models, which are not at hand; "
    "what it says of low-rank subspaces could be executed, and was not read",
)
intrinsic_dimension = not_executable(
    "Aghajanyan, Zettlemoyer, Gupta: Intrinsic Dimensionality Explains the Effectiveness of "
    "Language Model Fine-Tuning",
    where="arXiv:2012.13255",
    reason="the dimension is measured on pre-trained language models, which are not at hand, and "
    "its bounds of generalisation rest on these measurements",
)
finite_and_infinite = not_executable(
    "Lee, Schoenholz, Pennington, Adlam, Xiao, Novak, Sohl-Dickstein: Finite Versus Infinite "
    "Neural Networks: an Empirical Study",
    where="arXiv:2007.15801",
    reason="compares trained networks and kernels by experiment",
)
edge_of_stability = not_executable(
    "Cohen, Kaur, Li, Kolter, Talwalkar: Gradient Descent on Neural Networks Typically Occurs at "
    "the Edge of Stability",
    where="arXiv:2103.00065",
    reason="an observation on trained networks, with the word typically; what it rests on, that "
    "descent on a quadratic diverges beyond the step 2/(largest eigenvalue), is older",
)
fast_graph_networks = not_executable(
    "Chen, Ma, Xiao: FastGCN: Fast Learning with Graph Convolutional Networks via Importance "
    "Sampling",
    where="arXiv:1801.10247v1",
    reason="a method with experiments; that its estimates are consistent is a limit without a "
    "rate. What it says of their variance could be executed, and was not read; what its law of "
    "nodes means for gradients is in chen2018bias and chen2018layers",
)
