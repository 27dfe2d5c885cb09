from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import special, stats

from models import Keys, SeedNumber, gaussian_weights, rademacher_signs
from verdicts import Seeds

SEEDS = Seeds((17, 2**63 + 5), first=40, count=8)


def test_weights_are_the_quantiles_of_numpys_words() -> None:
    w = gaussian_weights(5, 3, SEEDS)
    for s in range(SEEDS.count):
        generator = np.random.Philox(
            key=np.array(SEEDS.key, dtype=np.uint64),
            counter=np.array([0, 0, SEEDS.first + s, 1], dtype=np.uint64),
        )
        generator.advance(-1)
        words = generator.random_raw(15)
        uniform = [(int(word) // 2**12 + 0.5) / 2**52 for word in words]
        expected = special.ndtri(uniform).reshape(5, 3)
        np.testing.assert_allclose(w[s].numpy(), expected, rtol=1e-14, atol=1e-15)


def test_the_path_of_other_devices_draws_the_same_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = gaussian_weights(7, 2, SEEDS, first_neuron=3), rademacher_signs(9, SEEDS)
    # "cpu" is then no name of the reference device, so the words come from torch's integers.
    monkeypatch.setattr("models.randomness._REFERENCE", "numpy is elsewhere")
    assert torch.equal(gaussian_weights(7, 2, SEEDS, first_neuron=3), expected[0])
    assert torch.equal(rademacher_signs(9, SEEDS), expected[1])


@pytest.mark.parametrize(("first", "m"), [(0, 1), (1, 4), (5, 7), (30, 2)])
def test_a_chunk_of_neurons_has_the_numbers_of_the_whole(first: int, m: int) -> None:
    whole, signs = gaussian_weights(32, 3, SEEDS), rademacher_signs(32, SEEDS)
    chunk = gaussian_weights(m, 3, SEEDS, first_neuron=first)
    assert torch.equal(chunk, whole[:, first : first + m])
    assert torch.equal(rademacher_signs(m, SEEDS, first_neuron=first), signs[:, first : first + m])


def test_a_sub_batch_of_seeds_has_the_numbers_of_the_whole() -> None:
    part = SEEDS.block(43, 2)
    assert torch.equal(gaussian_weights(4, 2, part), gaussian_weights(4, 2, SEEDS)[3:5])
    assert torch.equal(rademacher_signs(4, part), rademacher_signs(4, SEEDS)[3:5])


def test_weights_are_standard_normal() -> None:
    w = gaussian_weights(500, 4, Seeds((1, 2), count=50)).flatten().numpy()
    assert stats.kstest(w, "norm").pvalue > 1e-4
    assert abs(np.corrcoef(w[:-1], w[1:])[0, 1]) < 5 / np.sqrt(len(w))


def test_signs_are_fair_and_independent_of_the_weights() -> None:
    seeds = Seeds((1, 2), count=50)
    w, a = gaussian_weights(2000, 1, seeds).squeeze(-1), rademacher_signs(2000, seeds)
    sigma = 1 / np.sqrt(a.numel())
    assert set(a.flatten().tolist()) == {-1.0, 1.0}
    assert abs(float(a.mean())) < 5 * sigma
    assert abs(float((a * w).mean())) < 5 * sigma
    assert abs(float((a * w.sign()).mean())) < 5 * sigma


def test_keys_seeds_and_draws_are_different_streams() -> None:
    draws = [
        gaussian_weights(4, 1, seeds).flatten().tolist()
        for seeds in (Seeds((0, 0)), Seeds((1, 0)), Seeds((0, 1)), Seeds((0, 0), first=1))
    ]
    assert len({value for draw in draws for value in draw}) == 16


def test_the_extreme_words_have_finite_quantiles() -> None:
    ends = torch.tensor([0.0, 2.0**52 - 1], dtype=torch.float64)
    normals = torch.special.ndtri((ends + 0.5) * 2.0**-52)
    assert normals[0] == -normals[1]
    assert 8.1 < normals[1] < 8.3


def test_float32_rounds_the_same_numbers() -> None:
    narrow = gaussian_weights(6, 2, replace(SEEDS, dtype="float32"))
    assert narrow.dtype == torch.float32
    assert torch.equal(narrow, gaussian_weights(6, 2, SEEDS).float())


@pytest.mark.parametrize(
    ("m", "d", "seeds", "first_neuron", "message"),
    [
        (0, 1, SEEDS, 0, "m=0"),
        (-3, 1, SEEDS, 0, "m=-3"),
        (2.0, 1, SEEDS, 0, "m=2.0"),
        (True, 1, SEEDS, 0, "m=True"),
        (1, 0, SEEDS, 0, "d=0"),
        (1, 1, SEEDS, -1, "first_neuron=-1"),
        (1, 1, replace(SEEDS, dtype="int64"), 0, "dtype='int64'"),
        (1, 1, replace(SEEDS, key=(-1, 0)), 0, "key="),
        (1, 1, replace(SEEDS, first=2**62), 0, "below 2"),
    ],
)
def test_bad_arguments_are_refused(
    m: int, d: int, seeds: Seeds, first_neuron: int, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        gaussian_weights(m, d, seeds, first_neuron=first_neuron)


@pytest.mark.parametrize("m", [0, True, 1.0])
def test_signs_refuse_a_bad_width(m: int) -> None:
    with pytest.raises(ValueError, match="rademacher_signs: m="):
        rademacher_signs(m, SEEDS)


def test_seed_number_is_a_key_with_a_recipe() -> None:
    seed = SeedNumber(7)
    assert SeedNumber.from_recipe(seed.recipe) == seed
    assert eval(repr(seed)) == seed  # noqa: S307
    assert gaussian_weights(3, 2, seed).shape == (1, 3, 2)
    assert isinstance(seed, Keys)


@pytest.mark.parametrize("number", [-1, 2**62, 1.0, True, "1"])
def test_seed_number_refuses_what_is_no_seed(number: int) -> None:
    with pytest.raises(ValueError, match="SeedNumber: number="):
        SeedNumber(number)


@pytest.mark.parametrize("recipe", [{}, {"seed": 1, "more": 2}, 7])
def test_seed_number_refuses_another_recipe(recipe: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="SeedNumber: recipe="):
        SeedNumber.from_recipe(recipe)
