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
from models import Dataset, Start
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
    "du2019sharper.lemma_3_2_core[core=False]": ONE_NEURON,
    "du2019sharper.lemma_3_2_core[fraction=0]": ONE_NEURON,
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
}


def golden() -> Iterator[tuple[Case, Mapping[str, object]]]:
    """Every deterministic case that must be refuted and has an exact model, with its instance."""
    for claim in all_claims():
        for case in cases_of(claim):
            false = case.expected == "REFUTED" and claim.kind == "deterministic"
            if false and case.id not in NOT_EXACT:
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
