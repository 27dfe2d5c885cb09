"""The exact witnesses of the dossiers: a case of the catalogue and the instance that refutes it.

`python -m tests.golden.witnesses` writes their files anew; only a change of the schema, of a claim
or of its constants is a reason to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from claims import Case, cases_of
from claims.at import look
from claims.counterexample import document, write
from claims.instance import encode_instance
from claims.keeping import witness_of
from models import Dataset, SigmoidNet, Start
from tests.golden.without_model import FURTHER_PAPERS, IMPLICIT
from tests.house.readme_table import all_claims

FOLDER = Path(__file__).parent

ONE_NEURON = {"start": Start.of(rows=[[1]], weights=[["1/10"]], signs=[1], labels=[0]), "R": 0.2}
HALF_ACTIVE = Start.of(
    rows=[[1]], weights=[[5], [-1], [-1], [-1]], signs=[1, 1, 1, 1], residual=[1]
)

# Of cases whose witness the theorem file does not give, because the search finds one.
FURTHER: Mapping[str, Mapping[str, object]] = {
    "du2019.theorem_3_1[data=parallel]": {
        "data": Dataset.of(rows=[[1], [2]], labels=[0, 0], normalised=False)
    },
    "du2019.theorem_3_1[data=antiparallel]": {
        "data": Dataset.of(
            rows=[[1, 0], [-1, 0], [3, 4], [-3, -4], [0, 1], [0, -1]], labels=[0] * 6
        )
    },
    "du2019.theorem_3_1[zero_input=True]": {"data": Dataset.of(rows=[[1]], labels=[0])},
    "du2019.theorem_3_1[converse]": {"data": Dataset.of(rows=[[1], [-1]], labels=[0, 0])},
    "du2019.theorem_3_1[floor=0.1]": {"data": Dataset.of(rows=[[10, 0], [10, 1]], labels=[0, 0])},
    "du2019.theorem_3_1[indicator=False]": {
        "data": Dataset.of(rows=[[1, 0], [0, 1], [1, 1]], labels=[0, 0, 0])
    },
    "du2019.lemma_3_3[rate=1.1]": {"start": HALF_ACTIVE},
    "du2019appendix.lemma_a_1[data=antiparallel]": {
        "data": Dataset.of(rows=[[1], [-1]], labels=[0, 0])
    },
    "du2019appendix.lemma_a_1[data=parallel]": {"data": Dataset.of(rows=[[1], [1]], labels=[0, 0])},
    "du2019appendix.prediction_dynamics[mean=False]": {
        "start": Start.of(rows=[[1]], weights=[[1], [2]], signs=[1, -1], labels=[0])
    },
    "du2019appendix.prediction_sandwich[fast=1]": {"start": HALF_ACTIVE},
    "du2019appendix.prediction_sandwich[slow=2.1]": {"start": HALF_ACTIVE},
    "lee2016.not_c2[aside=0.5]": {
        "start": Start.of(rows=[[1]], weights=[[1]], signs=[1], labels=[1])
    },
    "yu1995repaired.output_gradient[factor=2]": {
        "net": SigmoidNet.of(rows=[[0]], factors=[[2]], outputs=[0], residual=[1])
    },
    "yu1995repaired.features_with_bias[net=repeated-patterns]": {
        "net": SigmoidNet.of(
            rows=[[1], [1]], factors=[[2]] * 2, thresholds=[1, 2], outputs=[1, 1], labels=[0, 1]
        )
    },
    "yu1995repaired.features_with_bias[fewer=1]": {
        "net": SigmoidNet.of(
            rows=[[0], [1]], factors=[[2]] * 2, thresholds=[1, 2], outputs=[1, 1], labels=[0, 1]
        )
    },
    "yu1995repaired.path_to_zero[power=3]": {
        "net": SigmoidNet.of(
            rows=[[-1], [1], [2]], factors=[[2]] * 3, outputs=[1, 1, 1], residual=[4, -32, 25]
        ),
        "digits": 0,
    },
    "gao2022kernels.lemma_3_2[data=parallel]": {
        "data": Dataset.of(rows=[[1], [2]], labels=[0, 0], normalised=False)
    },
    "gao2022kernels.lemma_3_2[data=antiparallel]": {
        "data": Dataset.of(
            rows=[[1, 0], [-1, 0], [3, 4], [-3, -4], [0, 1], [0, -1]], labels=[0] * 6
        )
    },
    "gao2022kernels.lemma_3_2[relu=False]": {
        "data": Dataset.of(rows=[[1, 0], [0, 1], [1, 1]], labels=[0, 0, 0])
    },
    "gao2022kernels.lemma_3_2_sharp[distinct=False]": {
        "data": Dataset.of(rows=[[1], [1]], labels=[0, 0])
    },
    "gao2022stability.lemma_3_4_curvature[share=0.55]": {
        "start": Start.of(rows=[[1]], weights=[[1]], signs=[1], residual=[0])
    },
    "du2019sharper.lemma_3_2_core[core=False]": ONE_NEURON,
    "du2019sharper.lemma_3_2_core[fraction=0]": ONE_NEURON,
}


# Of deep networks: limits and Gaussian means of all activations, matrices, patches, tensor powers.
NOT_EXACT_DEEP = {
    "du2019deep.algebra.lemma_g_1[distance=spectral]",
    "du2019deep.algebra.lemma_g_6[less=2]",
    "du2019deep.algebra.lemma_g_6[data=antiparallel]",
    "du2019deep.algebra.lemma_g_6[data=duplicated]",
    "du2019deep.convolutional.patch_norms[fewer=1]",
    "du2019deep.convolutional.patch_norms[least=1.01]",
    "du2019deep.convolutional.lemma_d_1_first_layer[least=1.01]",
    "du2019deep.convolutional.lemma_d_1_first_layer[p_power=0]",
    "du2019deep.fully_connected.gram_matrix[power=1]",
    "du2019deep.fully_connected.gram_matrix[above=1]",
    "du2019deep.fully_connected.lemma_b_1_one_layer[shifted=2]",
    "du2019deep.fully_connected.lemma_b_1_one_layer[fourth=3]",
    "du2019deep.gaussian.lemma_g_5[covariance=0.9]",
    "du2019deep.gaussian.lemma_g_5[diagonal=False]",
    "du2019deep.kernels.lemma_f_1[sigma=just]",
    "du2019deep.kernels.lemma_f_1[data=duplicated]",
    "du2019deep.kernels.lemma_f_1[data=antiparallel]",
    "du2019deep.kernels.lemma_f_1[converse]",
    "du2019deep.kernels.lemma_f_1[floor=0.05]",
    "du2019deep.kernels.lemma_f_2[sigma=just]",
    "du2019deep.kernels.lemma_f_2[data=duplicated]",
    "du2019deep.kernels.lemma_f_2[data=antiparallel]",
    "du2019deep.kernels.lemma_f_2[converse]",
    "du2019deep.kernels.lemma_f_2[floor=0.05]",
    "du2019deep.kernels.proposition_f_1[sigma=just]",
    "du2019deep.kernels.proposition_f_1[data=duplicated]",
    "du2019deep.kernels.proposition_f_1[data=antiparallel]",
    "du2019deep.kernels.proposition_f_1[share=0.5]",
    "du2019deep.kernels.proposition_f_2_definite[sigma=just]",
    "du2019deep.kernels.proposition_f_2_definite[data=duplicated]",
    "du2019deep.kernels.proposition_f_2_definite[data=antiparallel]",
    "du2019deep.residual_kernels.definition_6_1[paired=True]",
    "du2019deep.residual_kernels.lemma_f_3[base=K-0]",
    "du2019deep.residual_kernels.lemma_f_3[growth=1.02]",
    "du2019deep.residual_kernels.proposition_f_2[H_power=0]",
    "du2019deep.residual_kernels.proposition_f_2[H_power=1]",
}

# No closed form: both layers are trained.
NOT_EXACT = {
    "du2019appendix.lemma_a_2[rate=2.2]",
    "du2019appendix.lemma_a_4[radius=1.5]",
    "du2019appendix.lemma_a_5[radius=1]",
    "du2019appendix.lemma_a_6[drops=the-radii]",
    "du2019sharper.a_cert_both_layers[rate=2.2]",
    "du2019sharper.a_cert_both_layers[radius=0.5]",
    "du2019sharper.a_cert_both_layers[core=False]",
    "du2019sharper.conserved_quantity[weight=2]",
    # Gamma functions, Hessians of networks, constants along a segment, an inner eigenvalue.
    "liu2022condition.two_equations_bound[constant=1.75]",
    "liu2022condition.two_equations_bound[less=2]",
    "liu2022deep.three_layers[exponent=-1]",
    "liu2022descent.one_step[curvature=0]",
    "liu2022descent.one_step[power=2]",
    "liu2022lazy.end_to_end[rate=8]",
    "liu2022lazy.end_to_end[room=1]",
    "liu2022lazy.end_to_end[threshold=0.15]",
    "liu2022nonconvexity.negative_curvature[share=1]",
    "liu2022wide.decay[exponent=-1]",
    "liu2022wide.decay[output=sigmoid-3f]",
    "liu2022wide.nonlinear_output[gradient=2]",
    "liu2022wide.nonlinear_output[sign=1]",
    "liu2022wide.two_layers[cross=0]",
    "liu2022wide.two_layers[power=1]",
    "liu2022wide.two_layers_in_ball[factor=0.95]",
    "liu2022wide.two_layers_in_ball[power=1]",
}


def golden() -> Iterator[tuple[Case, Mapping[str, object]]]:
    """Every deterministic case that must be refuted and has an exact model, with its instance."""
    for claim in all_claims():
        for case in cases_of(claim):
            false = case.expected == "REFUTED" and claim.kind == "deterministic"
            exact = case.id not in NOT_EXACT | NOT_EXACT_DEEP | IMPLICIT | FURTHER_PAPERS
            if false and exact:
                yield case, case.explicit[0] if case.explicit else FURTHER[case.id]


def files() -> list[Path]:
    """The golden files."""
    return sorted(FOLDER.glob("*/*.json"))


def write_all() -> None:
    """Write the file of every golden witness in place of those that are there."""
    for file in files():
        file.unlink()
    for case, values in golden():
        looked = look(case, encode_instance(values))
        smallest = witness_of(case, looked)
        made = document(
            case, {"smallest": smallest}, salt=0, hypothesis_seed=None, profile="golden"
        )
        print(write(made, FOLDER).name, case.id, smallest.not_certified)  # noqa: T201


if __name__ == "__main__":
    write_all()
